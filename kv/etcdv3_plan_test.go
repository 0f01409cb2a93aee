package kv_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// v3Planned puts keys below prefix and plans their deletion.
func v3Planned(t *testing.T, s *kv.EtcdV3, prefix string, keys int) *kv.Plan {
	t.Helper()
	for i := range keys {
		if err := s.Put(fmt.Sprintf("%s/%04d", prefix, i), []byte("x"), nil); err != nil {
			t.Fatal(err)
		}
	}
	plan, err := kv.MakePlan(t.Context(), s, prefix)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// v3CarryOut carries a plan out and returns the report and the last progress.
func v3CarryOut(t *testing.T, s *kv.EtcdV3, plan *kv.Plan) (kv.Report, int) {
	t.Helper()
	progress := 0
	report, err := plan.CarryOut(t.Context(), s, func(done int) { progress = done })
	if err != nil {
		t.Fatal(err)
	}
	return report, progress
}

// v3Revision returns the store's newest revision.
func v3Revision(t *testing.T, s *kv.EtcdV3) uint64 {
	t.Helper()
	ok, pair, err := s.AtomicPut("revision", nil, nil, nil)
	if !ok {
		t.Fatal(err)
	}
	if err := s.Delete("revision"); err != nil {
		t.Fatal(err)
	}
	return pair.LastIndex + 1
}

// A plan of everything below a prefix is one transaction.
func TestEtcdV3WholePlanIsOneTransaction(t *testing.T) {
	for name, start := range map[string]func(testing.TB, ...kvtest.Option) *kvtest.Server{
		"3.4": kvtest.StartEtcd,
		"3.7": kvtest.StartEtcdEmbedded,
	} {
		t.Run(name, func(t *testing.T) {
			s := v3Open(t, start(t), nil)
			if err := s.Put("whole", []byte("the key at the prefix"), nil); err != nil {
				t.Fatal(err)
			}
			plan := v3Planned(t, s, "whole", 300)
			if err := s.Put("whole-sibling", nil, nil); err != nil {
				t.Fatal(err)
			}
			before := v3Revision(t, s)
			report, progress := v3CarryOut(t, s, plan)
			if report.Deleted != 301 || len(report.Kept)+len(report.Appeared)+report.Left != 0 || progress != 301 {
				t.Errorf("%+v, progress %d", report, progress)
			}
			if after := v3Revision(t, s); after != before+3 { // the deletion, and the put and delete of v3Revision
				t.Errorf("%d revisions instead of one", after-before-2)
			}
			if ok, err := s.Exists("whole-sibling"); !ok {
				t.Errorf("the sibling is gone: %v", err)
			}
		})
	}
}

// A key that was changed or put after the plan was made stays.
func TestEtcdV3PlanKeepsWhatIsNotPlanned(t *testing.T) {
	v3Each(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		plan := v3Planned(t, s, "partly", 300)
		if err := s.Put("partly/0003", []byte("changed"), nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Put("partly/new", []byte("new"), nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete("partly/0200"); err != nil {
			t.Fatal(err)
		}
		report, progress := v3CarryOut(t, s, plan)
		kept := map[string]error{}
		for _, o := range report.Kept {
			kept[o.Key] = o.Err
		}
		if report.Deleted != 298 || progress != 300 || len(kept) != 2 ||
			!errors.Is(kept["partly/0003"], kv.ErrKeyModified) || !errors.Is(kept["partly/0200"], kv.ErrKeyNotFound) {
			t.Errorf("%d deleted, progress %d, kept %v", report.Deleted, progress, kept)
		}
		if !slices.Equal(report.Appeared, []string{"partly/new"}) {
			t.Errorf("appeared %q", report.Appeared)
		}
		pairs, err := s.List("partly")
		if err != nil || len(pairs) != 2 {
			t.Errorf("left %v, %v", pairs, err)
		}
	})
}

// A key that was deleted since the plan was made keeps no other, and does not count as deleted.
func TestEtcdV3PlanWhereSomeAreGone(t *testing.T) {
	v3Each(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		plan := v3Planned(t, s, "gone", 200)
		if err := s.Delete("gone/0100"); err != nil {
			t.Fatal(err)
		}
		report, _ := v3CarryOut(t, s, plan)
		if report.Deleted != 199 || len(report.Kept) != 1 || report.Kept[0].Key != "gone/0100" || !errors.Is(report.Kept[0].Err, kv.ErrKeyNotFound) {
			t.Errorf("%+v", report)
		}
	})
}

// A plan that an operator made smaller is not carried out by deleting the range.
func TestEtcdV3PlanOfSomeKeysOnly(t *testing.T) {
	v3Each(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		plan := v3Planned(t, s, "some", 10)
		plan.Keys = plan.Keys[5:]
		report, _ := v3CarryOut(t, s, plan)
		if report.Deleted != 5 || len(report.Appeared) != 5 {
			t.Errorf("%+v", report)
		}
	})
}

// The queue of a lock below the prefix is not in the plan, and stays.
func TestEtcdV3PlanLeavesLockQueues(t *testing.T) {
	v3Each(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		lock, err := s.NewLock("locked/it", nil)
		if err != nil {
			t.Fatal(err)
		}
		lost, err := lock.Lock()
		if err != nil {
			t.Fatal(err)
		}
		plan := v3Planned(t, s, "locked", 5)
		report, _ := v3CarryOut(t, s, plan)
		if report.Deleted != 6 || len(report.Appeared) != 0 {
			t.Errorf("%+v", report)
		}
		select {
		case <-lost:
			t.Error("the lock was lost")
		default:
		}
		if err := lock.Unlock(); err != nil {
			t.Error(err)
		}
	})
}

// A plan that is cancelled reports what is left.
func TestEtcdV3PlanCancelled(t *testing.T) {
	v3Each(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		plan := v3Planned(t, s, "cancelled", 300)
		if err := s.Put("cancelled/new", nil, nil); err != nil { // so that the keys go in chunks
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		report, err := plan.CarryOut(ctx, s, func(int) { cancel() })
		if err != nil || !report.Cancelled || report.Deleted == 0 || report.Deleted+report.Left != 300 {
			t.Errorf("%+v, %v", report, err)
		}
		if pairs, err := s.List("cancelled"); err != nil || len(pairs) != report.Left+1 {
			t.Errorf("%d keys are there, %d were said to be left: %v", len(pairs), report.Left, err)
		}
	})
}

// A key that was put after the plan was made stays, however long ago that was.
func TestEtcdV3PlanIsCarriedOutLater(t *testing.T) {
	v3Each(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		if err := s.Put("later", []byte("the key at the prefix"), nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Put("later/", []byte("the key that ends in a slash"), nil); err != nil {
			t.Fatal(err)
		}
		plan := v3Planned(t, s, "later", 20)
		if err := s.Put("later/", []byte("changed"), nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Put("later", []byte("changed"), nil); err != nil {
			t.Fatal(err)
		}
		report, _ := v3CarryOut(t, s, plan)
		if report.Deleted != 20 || len(report.Kept) != 2 || len(report.Appeared) != 0 {
			t.Errorf("%+v", report)
		}
		plan, err := kv.MakePlan(t.Context(), s, "later")
		if err != nil {
			t.Fatal(err)
		}
		if report, _ = v3CarryOut(t, s, plan); report.Deleted != 2 || len(report.Kept) != 0 {
			t.Errorf("what was kept: %+v", report)
		}
	})
}

// A key that an operator took out of the plan stays, whatever else is deleted.
func TestEtcdV3PlanWithAnotherKeyInPlace(t *testing.T) {
	v3Each(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		plan := v3Planned(t, s, "swapped", 10)
		plan.Keys[3].Index--
		report, _ := v3CarryOut(t, s, plan)
		if report.Deleted != 9 || len(report.Kept) != 1 || !errors.Is(report.Kept[0].Err, kv.ErrKeyModified) {
			t.Errorf("%+v", report)
		}
		if err := s.DeleteTree("swapped"); err != nil {
			t.Fatal(err)
		}
	})
}
