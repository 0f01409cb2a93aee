package kv_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"kvist/kv"
)

// shelf is a store in memory that can be listed, followed and deleted from,
// and made to fail. It does what real servers do not do on command.
type shelf struct {
	kv.Store // nil: the test makes no other calls

	mu      sync.Mutex
	pairs   map[string]*kv.KVPair
	deleted []string         // in order
	failing map[string]error // the error of deleting a key
}

func newShelf(keys ...string) *shelf {
	s := &shelf{pairs: map[string]*kv.KVPair{}, failing: map[string]error{}}
	for i, key := range keys {
		s.pairs[key] = &kv.KVPair{Key: key, Value: []byte("value"), LastIndex: uint64(i) + 1}
	}
	return s
}

func (s *shelf) Get(key string) (*kv.KVPair, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.pairs[key]; ok {
		return p, nil
	}
	return nil, &kv.Error{Op: "get", Key: key, Kind: kv.ErrKeyNotFound}
}

func (s *shelf) List(prefix string) ([]*kv.KVPair, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var pairs []*kv.KVPair
	for key, p := range s.pairs {
		if strings.HasPrefix(key, prefix+"/") && key != prefix+"/" {
			pairs = append(pairs, p)
		}
	}
	slices.SortFunc(pairs, func(a, b *kv.KVPair) int { return strings.Compare(a.Key, b.Key) })
	return pairs, nil
}

// WatchTree sends one snapshot.
func (s *shelf) WatchTree(prefix string, stop <-chan struct{}) (<-chan []*kv.KVPair, error) {
	pairs, err := s.List(prefix)
	c := make(chan []*kv.KVPair, 1)
	c <- pairs
	go func() { <-stop; close(c) }()
	return c, err
}

func (s *shelf) AtomicDelete(key string, previous *kv.KVPair) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.pairs[key]
	switch err := s.failing[key]; {
	case err != nil:
		return false, &kv.Error{Op: "atomicdelete", Key: key, Kind: err}
	case !ok:
		return false, &kv.Error{Op: "atomicdelete", Key: key, Kind: kv.ErrKeyNotFound}
	case p.LastIndex != previous.LastIndex:
		return false, &kv.Error{Op: "atomicdelete", Key: key, Kind: kv.ErrKeyModified}
	}
	delete(s.pairs, key)
	s.deleted = append(s.deleted, key)
	return true, nil
}

func planOf(t *testing.T, s kv.Store, prefix string) *kv.Plan {
	t.Helper()
	plan, err := kv.MakePlan(t.Context(), s, prefix)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestPlanHasTheKeyItselfAndAllBelow(t *testing.T) {
	plan := planOf(t, newShelf("a", "a/", "a/b", "a/b/c", "ab", "b"), "a")
	var keys []string
	for _, k := range plan.Keys {
		keys = append(keys, k.Key)
	}
	if want := []string{"a", "a/", "a/b", "a/b/c"}; !slices.Equal(keys, want) {
		t.Errorf("planned %q, want %q", keys, want)
	}
	if want := (kv.PlanTotals{Bytes: int64(4 * len("value"))}); plan.Totals() != want {
		t.Errorf("%+v", plan.Totals())
	}
}

func TestPlanTotals(t *testing.T) {
	plan := kv.Plan{Keys: []kv.PlannedKey{
		{Size: -1}, {Size: 3, Flags: kv.Leased | kv.Locked}, {Size: 4, Flags: kv.Ephemeral}, {Flags: kv.Directory},
	}}
	if want := (kv.PlanTotals{Bytes: 7, Unsized: 1, Locked: 1, Owned: 2}); plan.Totals() != want {
		t.Errorf("%+v", plan.Totals())
	}
}

func TestPlanGoesFromTheDeepestUp(t *testing.T) {
	s := newShelf("a", "a/b", "a/b/c", "a/b/c/d", "a/e", "a/e/f")
	if _, err := planOf(t, s, "a").CarryOut(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	for i, key := range s.deleted {
		for _, later := range s.deleted[i+1:] {
			if strings.HasPrefix(later, key+"/") {
				t.Errorf("%s went before %s", key, later)
			}
		}
	}
	if len(s.pairs) != 0 {
		t.Errorf("left: %v", s.pairs)
	}
}

// After lost contact, the keys deleted, kept and left add up to the plan.
func TestPlanStopsWhenContactIsLost(t *testing.T) {
	var keys []string
	for i := range 500 {
		keys = append(keys, fmt.Sprintf("a/%03d", i))
	}
	s := newShelf(keys...)
	for _, key := range keys[100:] {
		s.failing[key] = kv.ErrNotReachable
	}
	plan := planOf(t, s, "a")
	report, err := plan.CarryOut(t.Context(), s, nil)
	if !errors.Is(err, kv.ErrNotReachable) {
		t.Fatalf("told %v", err)
	}
	if report.Deleted+len(report.Kept)+report.Left != len(keys) || report.Left == 0 || report.Cancelled {
		t.Errorf("deleted %d, kept %d, left %d", report.Deleted, len(report.Kept), report.Left)
	}
	if report.Deleted != len(s.deleted) {
		t.Errorf("deleted %d, reported %d", len(s.deleted), report.Deleted)
	}
}

func TestPlanKeepsWhatMayNotBeDeleted(t *testing.T) {
	s := newShelf("a/denied", "a/free")
	s.failing["a/denied"] = kv.ErrDenied
	report, err := planOf(t, s, "a").CarryOut(t.Context(), s, nil)
	if err != nil || report.Deleted != 1 || len(report.Kept) != 1 || !errors.Is(report.Kept[0].Err, kv.ErrDenied) {
		t.Errorf("report: %+v, %v", report, err)
	}
}

// A plan that is cancelled begins nothing more and counts everything it began.
func TestPlanIsCancelledOnTheWay(t *testing.T) {
	var keys []string
	for i := range 500 {
		keys = append(keys, fmt.Sprintf("a/%03d", i))
	}
	s := newShelf(keys...)
	plan := planOf(t, s, "a")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	last := 0
	report, err := plan.CarryOut(ctx, s, func(done int) {
		if done != last+1 {
			t.Errorf("progress went from %d to %d", last, done)
		}
		if last = done; done == 50 {
			cancel()
		}
	})
	if err != nil || !report.Cancelled || report.Left == 0 || report.Deleted+report.Left != len(keys) {
		t.Errorf("deleted %d, left %d, cancelled %v, %v", report.Deleted, report.Left, report.Cancelled, err)
	}
	if report.Deleted != last {
		t.Errorf("deleted %d, progress ended at %d", report.Deleted, last)
	}
}

func TestPlanCannotBeMadeOfTheWholeStore(t *testing.T) {
	for _, prefix := range []string{"", "/", "//"} {
		if _, err := kv.MakePlan(t.Context(), newShelf("a"), prefix); !errors.Is(err, kv.ErrInvalidKey) {
			t.Errorf("%q: %v", prefix, err)
		}
	}
	if _, err := kv.MakePlan(t.Context(), newShelf("ab"), "a"); !errors.Is(err, kv.ErrKeyNotFound) {
		t.Errorf("nothing there: %v", err)
	}
}
