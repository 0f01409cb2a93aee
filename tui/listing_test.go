package tui

import (
	"testing"

	"kvist/kv"
)

// A listing says how far it is; esc stops it, and then nothing is called live;
// R reads everything again.
func TestListingIsStopped(t *testing.T) {
	s := newScripted()
	d := drive(t, s, Options{Address: "etcd://x"}, 120, 30)
	s.batches <- kv.Batch{State: kv.Listing, Begin: true, Events: puts("a", "b"), Listed: 2, Expected: 1000}
	d.sees("listing 2 of 1 000", "2 keys")
	d.press("esc")
	d.sees("paused", "2 keys known", "neither all nor live", "R reads everything")
	<-s.closed
	d.press("j")
	d.sees("value of b")
	d.press("R")
	s.batches <- kv.Batch{State: kv.Live, Begin: true, Synced: true, Events: puts("a", "c"), Listed: 2}
	d.sees("● live", "2 keys", " c")
	d.seesNot("known")
}

// Where only open folders are followed, and where there is a budget for
// watches, the status says so.
func TestPartialFeedIsSaid(t *testing.T) {
	s := newScripted()
	d := drive(t, s, Options{Address: "consul://x"}, 120, 30)
	s.batches <- kv.Batch{
		State: kv.Live, Begin: true, Synced: true, Events: puts("a", "b"),
		Partial: true, Watches: 9412, Budget: 10_000,
	}
	d.sees("live, open folders", "2 keys known", "9 412 of 10 000 watches")
}
