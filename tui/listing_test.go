package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kvist/kv"
)

// A listing shows its progress. esc stops it, after which nothing is called live,
// and R lists everything again.
func TestListingIsStopped(t *testing.T) {
	s := newScripted()
	d := drive(t, s, Options{Address: "etcd://x"}, 120, 30)
	s.batches <- kv.Batch{State: kv.Listing, Begin: true, Events: puts("a", "b"), Listed: 2, Expected: 1000}
	d.sees("listing 2 of 1 000", "2 keys")
	d.press("esc")
	d.sees("paused", "2 keys known", "incomplete and not live", "R reloads")
	<-s.closed
	d.press("j")
	d.sees("value of b")
	d.press("R")
	s.batches <- kv.Batch{State: kv.Live, Begin: true, Synced: true, Events: puts("a", "c"), Listed: 2}
	d.sees("● live", "2 keys", " c")
	d.seesNot("known")
}

// The status says when only open folders are followed, and how much of a budget of
// watches is used.
func TestPartialFeedIsSaid(t *testing.T) {
	s := newScripted()
	d := drive(t, s, Options{Address: "consul://x"}, 120, 30)
	s.batches <- kv.Batch{
		State: kv.Live, Begin: true, Synced: true, Events: puts("a", "b"),
		Partial: true, Watches: 9412, Budget: 10_000,
	}
	d.sees("live (open folders only)", "2 keys known", "9 412 of 10 000 watches")
	d.seesNot("memory")
}

// A message says once that there are too many keys to follow all, and what helps.
func TestTooManyKeysAreSaid(t *testing.T) {
	s := newScripted()
	d := drive(t, s, Options{Address: "etcdv3://x"}, 160, 30)
	s.batches <- kv.Batch{State: kv.Listing, Begin: true, Events: puts("a"), Listed: 1}
	d.sees("listing 1", "1 key")
	s.batches <- kv.Batch{
		State: kv.Live, Begin: true, Synced: true, Events: puts("a", "b"),
		Partial: true, Memory: 512 << 20, Total: 10_000_000,
	}
	d.sees("live (open folders only)", "2 keys known", "10 000 000 keys take more than 512 MiB of memory", "--memory")
	d.m.notice = notice{} // as a key press does, once it could be read
	s.batches <- kv.Batch{State: kv.Live, Events: puts("c"), Partial: true, Memory: 512 << 20, Total: 10_000_000}
	d.sees("3 keys known")
	d.seesNot("--memory")
}

// A partial feed is told which folders are open. Keys below closed folders are not
// known, but not called gone.
func TestOpenFoldersAreToldToTheFeed(t *testing.T) {
	s := newScripted()
	d := drive(t, s, Options{Address: "consul://x"}, 120, 30)
	folder := func(key string) kv.Event { return kv.Event{Kind: kv.FolderEvent, Key: key} }
	opened := func(events ...kv.Event) []kv.Event {
		for i := range events {
			events[i].Old = true
		}
		return events
	}
	say := func(events ...kv.Event) { s.batches <- kv.Batch{State: kv.Live, Events: events, Partial: true} }
	s.batches <- kv.Batch{
		State: kv.Live, Begin: true, Synced: true, Partial: true,
		Events: append(puts("z"), folder("a"), folder("b")),
	}
	d.sees("▸ a/", "…", "1 key known")
	d.told(s)
	d.press("l")
	d.told(s, "a")
	say(opened(append(puts("a/x"), folder("a/deep"))...)...)
	d.sees("▾ a/", "1+", "▸ deep/", "2 keys known") // there may be more in deep
	if screen := d.screen(); strings.Contains(screen, "+  ") || strings.Contains(screen, "changed") {
		t.Errorf("what became known is shown as changed:\n%s", screen)
	}
	d.told(s, "a")
	d.press("j", "j", "e")
	d.sees("value of a/x", " editing ")
	d.press("esc")
	d.press("h", "h")
	d.told(s)
	say(folder("a"))
	d.sees("▸ a/", "1 key known")
	d.press("l")
	d.told(s, "a")
	say(opened(puts("a/x")...)...)
	d.sees("2 keys known")
	say(kv.Event{Kind: kv.FolderGoneEvent, Key: "a"})
	d.sees("-  a", "1 key known")
}

// told waits until the feed is told that exactly these folders are open.
func (d *driver) told(s *scripted, want ...string) {
	d.t.Helper()
	var got []string
	d.await(fmt.Sprintf("the feed to be told %q", want), func() bool {
		for {
			select {
			case got = <-s.scopes:
			default:
				return slices.Equal(got, want)
			}
		}
	})
}
