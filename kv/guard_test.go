package kv_test

import (
	"context"
	"errors"
	"testing"

	"kvist/kv"
)

// able is a store with abilities, including some that write. It fails the test
// when anything is written.
type able struct {
	kv.Store
	t      *testing.T
	closed bool
}

func (a *able) Get(key string) (*kv.KVPair, error) { return &kv.KVPair{Key: key}, nil }
func (a *able) Exists(string) (bool, error)        { return true, nil }
func (a *able) List(string) ([]*kv.KVPair, error)  { return []*kv.KVPair{}, nil }
func (a *able) Close()                             { a.closed = true }

func (a *able) Meta(_ context.Context, key string) (*kv.Meta, error) { return &kv.Meta{Key: key}, nil }

func (a *able) Locks(context.Context, string) ([]kv.LockInfo, error) {
	return []kv.LockInfo{{Key: "lock"}}, nil
}

func (a *able) BreakPlan(context.Context, kv.LockInfo, kv.Contender) (kv.BreakPlan, error) {
	return kv.BreakPlan{Action: "plan"}, nil
}

func (a *able) Break(context.Context, kv.LockInfo, kv.Contender) error {
	a.t.Error("a lock was broken")
	return nil
}

func (a *able) DeletePlanned(context.Context, *kv.Plan, func(int)) (kv.Report, error) {
	a.t.Error("a plan was carried out")
	return kv.Report{}, nil
}

func (a *able) MakeDirectory(context.Context, string) error {
	a.t.Error("a directory was made")
	return nil
}

// A guard refuses every write. The store behind has no methods that write, so
// that a call which got through would panic.
func TestReadOnlyRefusesWrites(t *testing.T) {
	s := kv.ReadOnly(&able{t: t})
	ctx := context.Background()
	plan := &kv.Plan{Prefix: "a", Keys: []kv.PlannedKey{{Key: "a", Index: 1}}}
	for name, write := range map[string]func() error{
		"put":           func() error { return s.Put("a", nil, nil) },
		"delete":        func() error { return s.Delete("a") },
		"delete tree":   func() error { return s.DeleteTree("a") },
		"atomic put":    func() error { _, _, err := s.AtomicPut("a", nil, nil, nil); return err },
		"atomic delete": func() error { _, err := s.AtomicDelete("a", &kv.KVPair{LastIndex: 1}); return err },
		"lock":          func() error { _, err := s.NewLock("a", nil); return err },
		"break":         func() error { return inspector(t, s).Break(ctx, kv.LockInfo{}, kv.Contender{}) },
		"plan":          func() error { _, err := plan.CarryOut(ctx, s, nil); return err },
	} {
		if err := write(); !errors.Is(err, kv.ErrReadOnly) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func inspector(t *testing.T, s kv.Store) kv.LockInspector {
	t.Helper()
	i, ok := kv.As[kv.LockInspector](s)
	if !ok {
		t.Fatal("the guard hides the locks")
	}
	return i
}

func TestReadOnlyReads(t *testing.T) {
	behind := &able{t: t}
	s := kv.ReadOnly(behind)
	if pair, err := s.Get("a"); err != nil || pair.Key != "a" {
		t.Error(pair, err)
	}
	if locks, err := inspector(t, s).Locks(t.Context(), ""); err != nil || len(locks) != 1 {
		t.Error(locks, err)
	}
	if plan, err := inspector(t, s).BreakPlan(t.Context(), kv.LockInfo{}, kv.Contender{}); err != nil || plan.Action != "plan" {
		t.Error(plan, err)
	}
	reader, ok := kv.As[kv.MetaReader](s)
	if !ok {
		t.Fatal("the guard hides the metadata")
	}
	if meta, err := reader.Meta(t.Context(), "a"); err != nil || meta.Key != "a" {
		t.Error(meta, err)
	}
	if s.Close(); !behind.closed {
		t.Error("not closed")
	}
}

// As finds through two guards the abilities that the store behind has, except
// those that write.
func TestAsTellsTheTruth(t *testing.T) {
	guarded := kv.ReadOnly(kv.ReadOnly(&able{t: t}))
	if _, ok := kv.As[kv.MetaReader](guarded); !ok {
		t.Error("the metadata are hidden")
	}
	if _, ok := kv.As[kv.HealthReader](guarded); ok {
		t.Error("health comes from nowhere")
	}
	if _, ok := kv.As[kv.PlanDeleter](guarded); ok {
		t.Error("a guarded store deletes plans")
	}
	if _, ok := kv.As[kv.DirectoryMaker](guarded); ok {
		t.Error("a guarded store makes directories")
	}
	if _, ok := kv.As[*able](guarded); ok {
		t.Error("the store behind can be got at")
	}
	if _, ok := kv.As[kv.PlanDeleter](&able{t: t}); !ok {
		t.Error("an open store lost an ability")
	}
}
