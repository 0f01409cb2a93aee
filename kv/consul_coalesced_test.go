package kv_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// consulQuiet keeps the server from writing of its own accord, so that all indexes are those of the
// test's writes.
func consulQuiet() kvtest.Option { return kvtest.WithConfig(`{"disable_coordinates": true}`) }

// While changes in closed folders keep waking the levels above, a single change in an open folder
// is not reported as coalesced.
func TestConsulTellsSingleChangesOfABusyStore(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t, consulQuiet())
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	s.LimitFeeds(1, 0, 0, 0)
	consulSet(t, native, &api.KVPair{Key: "p/key"}, &api.KVPair{Key: "p/x/key"}, &api.KVPair{Key: "p/x/y/key"}, &api.KVPair{Key: "p/x/closed/0"})
	r, _ := consulLevels(t, s, "p", "p/x", "p/x/y")
	r.until("listing", func() bool { return r.synced == 1 && len(r.tree) == 3 && r.last.Partial })
	consulIdle(t, r)
	w := consulWriter{T: t, client: native, written: map[string][]uint64{}}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			w.write(fmt.Sprintf("p/x/closed/%d", i%10))
			time.Sleep(5 * time.Millisecond)
		}
	})
	defer wg.Wait()
	defer cancel()
	r.missed = 0
	for pause := range 6 { // before the first one, nothing keeps the levels busy
		end := time.Now().Add(time.Duration(pause) * time.Second)
		for more := true; more; {
			more = r.pull(time.Until(end))
		}
		if r.missed != 0 {
			t.Fatalf("it missed %v of what it does not show", r.missed)
		}
		w.write("p/x/y/key")
		at := w.last("p/x/y/key")
		r.until("a change", func() bool { return r.tree["p/x/y/key"].Index == at })
		if pause > 0 && r.missed == 0 {
			return
		}
		r.missed = 0
	}
	t.Error("no change was reported as a single one")
}

// A write that a feed does not report is covered by a batch marked as coalesced, whether it was
// made alone or in a transaction, on a level that is read by transactions, by listings, or with the
// whole subtree.
func TestConsulTellsOfEachWriteItMerges(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string][2]int{"transactions": {1, 0}, "listings": {2, 1}, "whole": {1000, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kvtest.StartConsul(t, consulQuiet())
			s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
			s.LimitFeeds(limit[0], limit[1], 0, 0)
			keys := []string{"p/x/0", "p/x/1", "p/x/2", "p/x/3"}
			w := consulWriter{T: t, client: native, keys: slices.Clone(keys), written: map[string][]uint64{}}
			w.write(keys...)
			r, _ := consulLevels(t, s, "p", "p/x")
			r.until("listing", func() bool { return r.synced == 1 && len(r.tree) == len(keys) })
			consulIdle(t, r)
			if r.last.Partial != (name != "whole") {
				t.Fatalf("partial: %v", r.last.Partial)
			}
			var wg sync.WaitGroup
			wg.Go(func() { w.storm(2 * time.Second) })
			seen := consulSeen{}
			for _, key := range keys {
				seen[key] = &consulSeenKey{at: r.tree[key].Index}
			}
			for limit := time.Now().Add(30 * time.Second); !w.done() || !seen.all(w.last); {
				if time.Now().After(limit) {
					t.Fatal("the last changes were not reported")
				}
				if r.pull(100 * time.Millisecond) {
					seen.note(r.last)
				}
			}
			wg.Wait()
			events, single := 0, 0
			for key, k := range seen {
				for _, e := range k.events {
					switch n := w.between(key, e.after, e.to); {
					case e.merged:
					case n > 1:
						t.Errorf("the event of %s at %d stands for %d writes, and nothing said so", key, e.to, n)
					default:
						single++
					}
				}
				events += len(k.events)
			}
			t.Logf("%d events, %d of them surely of one write", events, single)
		})
	}
}

// consulSeen is what a feed has reported, by key.
type consulSeen map[string]*consulSeenKey

type consulSeenKey struct {
	at     uint64 // the last index reported
	merged bool   // the next event may stand for several writes
	events []consulSeenEvent
}

// consulSeenEvent stands for the writes after one index and up to another.
type consulSeenEvent struct {
	after, to uint64
	merged    bool
}

// note adds a batch. Its marks may come before the events that they belong to.
func (c consulSeen) note(b kv.Batch) {
	for _, k := range c {
		k.merged = k.merged || b.Missed != 0
	}
	for _, e := range b.Events {
		k := c[e.Key]
		k.events = append(k.events, consulSeenEvent{k.at, e.Index, k.merged})
		k.at, k.merged = e.Index, false
	}
}

// all reports whether the last write of each key was reported.
func (c consulSeen) all(last func(key string) uint64) bool {
	for key, k := range c {
		if k.at != last(key) {
			return false
		}
	}
	return true
}

// consulWriter writes keys and notes the index of each write.
type consulWriter struct {
	*testing.T
	client *api.Client
	keys   []string

	mu      sync.Mutex
	written map[string][]uint64
	ended   bool
}

// write changes keys in one transaction.
func (w *consulWriter) write(keys ...string) {
	var ops api.TxnOps
	for _, key := range keys {
		ops = append(ops, &api.TxnOp{KV: &api.KVTxnOp{Verb: api.KVSet, Key: key, Value: fmt.Append(nil, rand.Uint64())}})
	}
	ok, answer, _, err := w.client.Txn().Txn(ops, nil)
	if err != nil || !ok {
		w.Errorf("write: %+v, %v", answer, err)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, key := range keys {
		w.written[key] = append(w.written[key], answer.Results[i].KV.ModifyIndex)
	}
}

// storm writes several keys at a time, several times in a row, with pauses.
func (w *consulWriter) storm(limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end); {
		for range 1 + rand.IntN(6) {
			rand.Shuffle(len(w.keys), func(i, j int) { w.keys[i], w.keys[j] = w.keys[j], w.keys[i] })
			w.write(w.keys[:1+rand.IntN(len(w.keys)/2)]...)
		}
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
}

func (w *consulWriter) done() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended
}

func (w *consulWriter) last(key string) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.written[key][len(w.written[key])-1]
}

// between counts the writes of a key after an index and up to another.
func (w *consulWriter) between(key string, after, to uint64) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range w.written[key] {
		if at > after && at <= to {
			n++
		}
	}
	return n
}
