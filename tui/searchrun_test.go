package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// many puts n keys of the same length and their values.
func many(t *testing.T, prefix string, n int) {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{kvtest.SharedEtcdEmbedded(t).Addr}, Context: t.Context()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var puts []clientv3.Op
	for i := range n {
		key := fmt.Sprintf("%s/%02d/%05d", prefix, i*50/n, i)
		puts = append(puts, clientv3.OpPut(key, "value "+key))
	}
	for lot := range slices.Chunk(puts, 100) {
		if _, err := client.Txn(t.Context()).Then(lot...).Commit(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSearchOf20000KeysIsCancelledInTheMiddle(t *testing.T) {
	const keys = 20_000
	d, _ := explore(t)
	many(t, t.Name(), keys)
	d.await("the keys", func() bool { return d.m.tree.tree.Keys() == keys })
	d.searchFor("value", true)
	p := searchOf(d.m)
	d.await("some of them", func() bool { return p.sum.Keys > 200 })
	d.press("esc")
	if !strings.Contains(d.screen(), "stopped at ") || p.state != searchStopped {
		t.Errorf("after esc:\n%s", d.screen())
	}
	d.rested()
	if at := p.sum.Keys; at >= keys/2 || p.sum.Hits < at-1 {
		t.Errorf("stopped at %+v", p.sum)
	}
	p.search.Limits = kv.SearchLimits{Hits: 15_000}
	d.press("+")
	d.rested()
	if p.state != searchBounded || p.sum.Hits < 15_000 || p.sum.Hits >= keys {
		t.Errorf("at the limit: state %d, %+v", p.state, p.sum)
	}
	d.sees("at the limit of")
	d.press("+")
	d.rested()
	if found := d.found(); len(found) != keys || p.state != searchDone || p.sum.Keys != keys {
		t.Errorf("%d hits, %+v", len(found), p.sum)
	}
	if !slices.IsSorted(d.found()) || len(slices.Compact(d.found())) != keys {
		t.Error("hits out of order, or twice")
	}
	d.press("G", "enter")
	if row, _ := d.m.tree.row(); row.Name != "19999" {
		t.Errorf("the cursor is on %q", row.Name)
	}
}

// deafStore has values that are never read, or not in time.
type deafStore struct {
	kv.Store
	err error
}

func (s deafStore) Follow(string, kv.FollowOptions) (kv.Feed, error) { return deadFeed{}, nil }

func (s deafStore) Get(key string) (*kv.KVPair, error) {
	return &kv.KVPair{Key: key, Value: []byte("its own")}, nil
}

func (s deafStore) Close() {}

func (s deafStore) Exists(string) (bool, error) { return true, nil }

func (s deafStore) ReadValues(ctx context.Context, keys []string, see func(*kv.KVPair)) (int, error) {
	see(&kv.KVPair{Key: keys[0], Value: []byte("value")})
	if s.err != nil {
		return 0, s.err
	}
	<-ctx.Done()
	return 0, ctx.Err()
}

// deaf returns an explorer of a few keys on a deafStore.
func deaf(t *testing.T, err error) *driver {
	t.Helper()
	d := drive(t, deafStore{err: err}, Options{Address: "test://"}, 100, 30)
	d.await("the feed", func() bool { return d.m.feed.feed != nil })
	d.send(pulled(d.m, kv.Batch{Begin: true, Synced: true, State: kv.Live, Events: []kv.Event{
		{Key: "a", Index: 1}, {Key: "b", Index: 2}, {Key: "c", Index: 3},
	}}))
	return d
}

func TestEscStopsASearchThatHangs(t *testing.T) {
	d := deaf(t, nil)
	d.searchFor("value", true)
	d.press("esc")
	if !strings.Contains(d.screen(), "stopped at 0 of 3 values") {
		t.Errorf("after esc:\n%s", d.screen())
	}
	d.rested()
	d.sees("value") // earlier hits are kept
	if d.m.focus != searchOf(d.m) {
		t.Error("the first esc left the pane")
	}
	if d.press("esc"); d.m.focus != d.m.tree || d.m.right != d.m.value {
		t.Error("the second esc did not")
	}
}

// A new search gets no hits of the one that it replaces.
func TestASearchTakesThePlaceOfTheLast(t *testing.T) {
	d := deaf(t, nil)
	d.searchFor("value", true)
	d.searchFor("other", true)
	p := searchOf(d.m)
	d.press("esc")
	d.rested()
	if len(p.hits) != 0 || p != searchOf(d.m) {
		t.Errorf("hits %v", p.hits)
	}
}

func TestLostContactEndsASearchWithWhatWasFound(t *testing.T) {
	d := deaf(t, &kv.Error{Op: "search", Key: "b", Server: "test", Kind: kv.ErrNotReachable, Err: errors.New("gone \x1b[2J")})
	d.searchFor("value", true)
	d.sees("stopped at 0 of 3 values")
	if !slices.Equal(d.found(), []string{"a"}) || strings.Contains(d.screen(), "\x1b") {
		t.Errorf("found %q; the screen:\n%s", d.found(), d.screen())
	}
}
