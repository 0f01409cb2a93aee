package kv_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// cutPlan carries out a plan of some keys, and calls progress after each step. It
// reports whether all of it was carried out before it could be stopped.
type cutPlan func(ctx context.Context, s kv.Store, dir string, progress func()) (whole bool)

const cutPlanKeys = 300

func cutPlans(t *testing.T) map[string]cutPlan {
	lots := func(many, first int) cutPlan {
		return func(ctx context.Context, s kv.Store, dir string, progress func()) (whole bool) {
			writes, err := kv.BeginWrites(s, "write", "", many)
			require.NoError(t, err)
			done := 0
			_ = writes.Write(ctx, cutPuts(dir, first), func(_ int, w kv.Written) {
				if w.Err == nil {
					done++
				}
				progress()
			})
			_ = writes.End(ctx)
			return done == many
		}
	}
	return map[string]cutPlan{
		"write":     lots(cutPlanKeys, cutPlanKeys),
		"first-lot": lots(cutPlanKeys+1, 1),
		"delete": func(ctx context.Context, s kv.Store, dir string, progress func()) bool {
			plan, err := kv.MakePlan(ctx, s, dir)
			require.NoError(t, err)
			plan.Keys = plan.Keys[:len(plan.Keys)-1] // so that it does not go at once
			report, _ := plan.CarryOut(ctx, s, func(int) { progress() })
			return report.Deleted == len(plan.Keys)
		},
	}
}

// A plan that the end of the program stops, or the end of its store, is not over in the
// record, and no write is called done that was not; one that somebody stops is over.
func TestAPlanThatIsCutOffHasNoEnd(t *testing.T) {
	for _, h := range kvtest.Backends() {
		t.Run(h.Name, func(t *testing.T) {
			plain := plainOf(t, h)
			for name, carryOut := range cutPlans(t) {
				for how, over := range map[string]int{"program": 0, "store": 0, "person": 1} {
					s, m, dir := recordedStore(t, h)
					dir += "/" + name + "-" + how + "/"
					if name == "delete" {
						require.NoError(t, kv.WriteNodes(t.Context(), plain, cutPuts(dir, cutPlanKeys), func(_ int, w kv.Written) { require.NoError(t, w.Err) }))
					}
					ctx, cancel := context.WithCancelCause(t.Context())
					whole := carryOut(ctx, s, dir, map[string]func(){
						"program": func() { cancel(kv.ErrCutOff) },
						"person":  func() { cancel(context.Canceled) },
						"store":   func() { closeUnder(t, s, dir) },
					}[how])
					cancel(nil)
					if whole {
						over = 1
					}
					require.Equal(t, over, m.plansOver(), "%s, stopped by the end of the %s", name, how)
					m.noneIsDoneThatWasNot(t, plain)
				}
			}
		})
	}
}

func (m *memory) plansOver() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.over
}

// noneIsDoneThatWasNot fails if a write is recorded as done that the store does not show.
func (m *memory) noneIsDoneThatWasNot(t *testing.T, s kv.Store) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []string
	want := map[string]bool{} // there, by key
	for i, w := range m.writes {
		if m.ended[i].Err == nil {
			keys, want[w.Key] = append(keys, w.Key), w.After != nil
		}
	}
	is := map[string]bool{}
	_, err := kv.ReadNodes(t.Context(), s, keys, func(n *kv.Node) { is[n.Key] = true })
	require.NoError(t, err)
	for _, key := range keys {
		require.Equal(t, want[key], is[key], key)
	}
}

// closeUnder begins to close a store and returns when nothing more is sent.
func closeUnder(t *testing.T, s kv.Store, key string) {
	t.Helper()
	go s.Close()
	require.Eventually(t, func() bool {
		_, err := s.Get(key)
		return errors.Is(err, kv.ErrClosed)
	}, time.Minute, time.Millisecond)
}

// plainOf is a store of one kind without a record.
func plainOf(t *testing.T, h kvtest.Harness) kv.Store {
	t.Helper()
	s, err := kv.NewStore(h.Backend, []string{h.Shared(t).Addr}, &kv.Config{ConnectionTimeout: 10 * time.Second})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// cutPuts are writes that make keys.
func cutPuts(dir string, keys int) []kv.Write {
	writes := make([]kv.Write, keys)
	for i := range writes {
		key := fmt.Sprintf("%s%03d", dir, i)
		writes[i] = kv.Write{Key: key, After: &kv.Node{Key: key, Value: []byte("1")}}
	}
	return writes
}

// A write whose store is closed before the answer is there is not called refused: it
// may have been carried out.
func TestAWriteWhoseStoreIsClosedIsUnknown(t *testing.T) {
	for _, h := range kvtest.Backends() {
		t.Run(h.Name, func(t *testing.T) {
			t.Parallel()
			for _, delay := range []time.Duration{500 * time.Millisecond, 2 * time.Second, 8 * time.Second} {
				if closedInAWrite(t, h, delay) {
					return
				}
			}
			t.Fatal("the answer was there before the store was closed, however late it was")
		})
	}
}

// closedInAWrite closes a store between a write and its answer, which takes that long.
// It returns false if the answer was there first.
func closedInAWrite(t *testing.T, h kvtest.Harness, delay time.Duration) bool {
	t.Helper()
	link, plain := kvtest.NewLink(t, h.Shared(t).Addr), plainOf(t, h)
	bare, err := kv.NewStore(h.Backend, []string{link.Addr()}, &kv.Config{ConnectionTimeout: time.Minute})
	require.NoError(t, err)
	defer bare.Close()
	m := &memory{}
	s, key := kv.Recorded(bare, m), fmt.Sprintf("closed-%d", time.Now().UnixNano())
	require.NoError(t, s.Put(key, []byte("1"), nil))
	t.Cleanup(func() { _ = plain.Delete(key) })
	m.take()
	link.Delay(delay)
	ended := make(chan error, 1)
	go func() { ended <- s.Put(key, []byte("2"), nil) }()
	require.Eventually(t, func() bool {
		pair, err := plain.Get(key)
		return err == nil && string(pair.Value) == "2"
	}, time.Minute, 10*time.Millisecond)
	s.Close()
	if <-ended == nil {
		return false
	}
	require.Len(t, m.ended, 1)
	require.ErrorIs(t, m.ended[0].Err, kv.ErrOutcomeUnknown)
	return true
}
