package tui

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"kvist/kv"
)

func TestDeletePlanIsExact(t *testing.T) {
	d, store := explore(t, "app/x", "app/y/z", "app-old/x", "app")
	prefix := t.Name()
	d.press("D")
	d.sees("3 keys")
	d.sees("stays: " + prefix + "/app-old")
	put(t, store, prefix+"/app/x", "changed since")
	put(t, store, prefix+"/app/new", "appeared since")
	d.press("y")
	d.sees("deleted 2 of 3 keys")
	d.sees("changed since")
	d.sees("appeared since")
	left, err := store.List(prefix)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, pair := range left {
		keys = append(keys, strings.TrimPrefix(pair.Key, prefix+"/"))
	}
	if got := strings.Join(keys, " "); got != "app-old/x app/new app/x" {
		t.Errorf("left are %q", got)
	}
}

func TestEscDeletesNothing(t *testing.T) {
	d, store := explore(t, "a")
	d.press("d")
	d.sees("this key alone")
	d.press("esc")
	if ok, err := store.Exists(t.Name() + "/a"); !ok || err != nil {
		t.Errorf("the key is gone: %v", err)
	}
}

// gated is a store whose deletions wait at a gate.
type gated struct {
	kv.Store
	waiting *atomic.Int64
	gate    chan struct{}
}

func (g gated) AtomicDelete(key string, previous *kv.KVPair) (bool, error) {
	g.waiting.Add(1)
	<-g.gate
	return g.Store.AtomicDelete(key, previous)
}

func TestADeletionCanBeStopped(t *testing.T) {
	var keys []string
	for i := range 60 {
		keys = append(keys, fmt.Sprintf("dir/%02d", i))
	}
	d, store := explore(t, append(keys, "other")...)
	gate := make(chan struct{})
	var waiting atomic.Int64
	d.m.store = gated{store, &waiting, gate}
	d.press("D")
	d.sees("60 keys, 900 B, will be deleted")
	d.press("y")
	d.await("the first deletions", func() bool { return waiting.Load() > 0 })
	d.press("esc")
	close(gate)
	d.sees("it was stopped")
	left, err := store.List(t.Name() + "/dir")
	if err != nil || len(left) == 0 || len(left) == 60 {
		t.Errorf("%d keys are left, %v", len(left), err)
	}
	d.sees(fmt.Sprintf("deleted %d of 60 keys", 60-len(left)))
}

// A plan that another reason than lost contact ended does not speak of contact.
func TestNotTriedSaysWhatIsTrue(t *testing.T) {
	for want, err := range map[string]error{
		" not tried":                   &kv.Error{Kind: kv.ErrUnrecorded},
		" not tried: contact was lost": &kv.Error{Kind: kv.ErrNotReachable},
	} {
		if got := notTried(err, false); got != want {
			t.Errorf("%v: %q", err, got)
		}
	}
	if got := notTried(nil, true); got != " not tried: it was stopped" {
		t.Error(got)
	}
}
