package kv_test

import (
	"errors"
	"fmt"
	"testing"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// A plan that does not fit into memory is refused on each store.
func TestPlansAreBounded(t *testing.T) {
	t.Parallel()
	for _, h := range kvtest.Backends() {
		t.Run(h.Name, func(t *testing.T) {
			t.Parallel()
			server := h.Shared(t)
			open := func(memory int64) kv.Store {
				s, err := kv.NewStore(h.Backend, []string{server.Addr}, &kv.Config{Memory: memory})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(s.Close)
				return s
			}
			s := open(0)
			for i := range 20 {
				if err := s.Put(fmt.Sprintf("planned/%02d", i), []byte("v"), nil); err != nil {
					t.Fatal(err)
				}
			}
			t.Cleanup(func() { _ = s.DeleteTree("planned") }) // only to keep the shared server small
			plan, err := kv.MakePlan(t.Context(), kv.ReadOnly(open(10_000)), "planned")
			if err != nil || len(plan.Keys) < 20 {
				t.Fatalf("%+v, %v", plan, err)
			}
			for _, small := range []kv.Store{open(3_000), kv.ReadOnly(open(3_000))} {
				_, err = kv.MakePlan(t.Context(), small, "planned")
				var e *kv.Error
				if !errors.Is(err, kv.ErrTooMany) || !errors.As(err, &e) || e.Op != kv.OpPlan {
					t.Errorf("it is planned all the same: %v", err)
				}
			}
		})
	}
}
