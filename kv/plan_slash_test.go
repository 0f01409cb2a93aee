package kv_test

import (
	"slices"
	"testing"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// If a store tells "app" and "app/" apart, deleting "app/" and its contents
// leaves the key "app"; otherwise that key is the directory itself.
func TestPlanOfADirectoryWithASlash(t *testing.T) {
	for _, c := range []struct {
		backend kv.Backend
		addr    string
		put     []string
		planned []string
		stays   string
	}{
		{kv.CONSUL, kvtest.StartConsul(t).Addr, []string{"app", "app/", "app/one"}, []string{"app/", "app/one"}, "app"},
		{kv.ETCDV3, kvtest.StartEtcd(t).Addr, []string{"app", "app/", "app/one"}, []string{"app/", "app/one"}, "app"},
		{kv.ETCD, kvtest.StartEtcd(t).Addr, []string{"app/one"}, []string{"app", "app/one"}, ""},
		{kv.ZK, kvtest.StartZooKeeper(t).Addr, []string{"app/one"}, []string{"app", "app/one"}, ""},
	} {
		t.Run(string(c.backend), func(t *testing.T) {
			s, err := kv.NewStore(c.backend, []string{c.addr}, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for _, key := range c.put {
				if err := s.Put(key, []byte(key), nil); err != nil {
					t.Fatal(err)
				}
			}
			plan, err := kv.MakePlan(t.Context(), s, "app/")
			if err != nil {
				t.Fatal(err)
			}
			var planned []string
			for _, k := range plan.Keys {
				planned = append(planned, k.Key)
			}
			if !slices.Equal(planned, c.planned) {
				t.Errorf("planned %q, want %q", planned, c.planned)
			}
			report, err := plan.CarryOut(t.Context(), s, nil)
			if err != nil || report.Deleted != len(c.planned) || len(report.Kept)+len(report.Appeared) != 0 {
				t.Errorf("%+v, %v", report, err)
			}
			if c.stays == "" {
				return
			}
			if pair, err := s.Get(c.stays); err != nil || string(pair.Value) != c.stays {
				t.Errorf("the key %q: %v, %v", c.stays, pair, err)
			}
		})
	}
}
