package kv_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// A place in the queue that has no lease holds the lock for ever. It is shown as the holder, and
// breaking the lock deletes it.
func TestEtcdV3HolderWithoutALease(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		name := v3Unused(t, s, "jobs") + "/nightly"
		stray := name + "/694d77aa9e38260f"
		v3MustPut(t, s, stray)
		if locks, err := s.Locks(t.Context(), name); err != nil || len(locks) != 0 {
			t.Errorf("a name alone makes no lock: %+v, %v", locks, err)
		}
		_, waiter := v3StartCLI(t, server, "lock", name)
		lock := v3LocksUntil(t, s, name, 1)
		holder := lock.Holders[0]
		if lock.Key != name || lock.Recipe != "etcd mutex" || holder.Key != stray || holder.ID != "no lease" || holder.Left >= 0 ||
			holder.Note != "it has no lease, and does not end by itself" {
			t.Fatalf("%+v", lock)
		}
		plan, err := s.BreakPlan(t.Context(), lock, holder)
		if err != nil || !slices.Equal(plan.Deleted, []string{stray}) || plan.Action != "delete key "+stray {
			t.Errorf("%+v, %v", plan, err)
		}
		v3MustPut(t, s, stray) // it is no longer what was shown
		if err := s.Break(t.Context(), lock, holder); !errors.Is(err, kv.ErrKeyModified) {
			t.Errorf("written meanwhile: %v", err)
		}
		lock = v3LocksUntil(t, s, name, 1)
		if err := s.Break(t.Context(), lock, lock.Holders[0]); err != nil {
			t.Fatal(err)
		}
		if got := v3Line(t, waiter); got != lock.Waiters[0].Key {
			t.Errorf("%q got it", got)
		}
		v3LocksUntil(t, s, name, 0)
		v3MustPut(t, s, stray) // behind the holder it waits
		if lock = v3LocksUntil(t, s, name, 1); lock.Waiters[0].Key != stray {
			t.Errorf("behind: %+v", lock)
		}
	})
}

// Other recipes are recognised by what nothing else looks like. A leased key alone is no lock.
func TestEtcdV3SeesLocksOfOthers(t *testing.T) {
	v3Each(t, func(t *testing.T, server *kvtest.Server, s *kv.EtcdV3) {
		native := v3Native(t, server, "", "")
		first, err := native.Grant(t.Context(), 60)
		if err != nil {
			t.Fatal(err)
		}
		second, err := native.Grant(t.Context(), 90)
		if err != nil {
			t.Fatal(err)
		}
		uuid := string([]byte{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0, 0xc0, 0x4f, 0xd4, 0x30, 0xc8})
		id := v3Unused(t, s, "")[1:]
		for _, kv := range []struct {
			key, value string
			lease      clientv3.LeaseID
		}{
			{"/service/" + id + "/leader", "pg-0", first.ID},
			{"/service/" + id + "/members/pg-0", "{}", first.ID},
			{"/service/" + id + "/members/pg-1", "{}", second.ID},
			{"/other/" + id + "/leader", "not a member", first.ID},
			{"/other/" + id + "/free/leader", "pg-0", 0},
			{"/locks/" + id + "/python", uuid, first.ID},
			{"/locks/" + id + "/data", "sixteen bytes...", first.ID},
			{"/vitess/" + id + "/keyspaces/ks/locks/" + strconv.FormatInt(int64(first.ID), 10), `{"Action":"Reparent"}`, first.ID},
			{"/vitess/" + id + "/keyspaces/ks/locks/" + strconv.FormatInt(int64(second.ID), 10), `{"Action":"Backup"}`, second.ID},
			{"/vitess/" + id + "/tablets/" + strconv.FormatInt(int64(second.ID), 10), "x", second.ID},
		} {
			if _, err := native.Put(t.Context(), kv.key, kv.value, clientv3.WithLease(kv.lease)); err != nil {
				t.Fatal(err)
			}
		}
		for prefix, want := range map[string]kv.LockInfo{
			"/service/" + id:             {Key: "/service/" + id + "/leader", Recipe: "patroni leader", Holders: []kv.Contender{{Name: "pg-0"}}},
			"/service/" + id + "/leader": {Key: "/service/" + id + "/leader", Recipe: "patroni leader", Holders: []kv.Contender{{Name: "pg-0"}}},
			"/locks/" + id: {
				Key: "/locks/" + id + "/python", Recipe: "python-etcd3 lock",
				Holders: []kv.Contender{{Name: "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}},
			},
			"/vitess/" + id: {
				Key: "/vitess/" + id + "/keyspaces/ks/locks", Recipe: "vitess lock",
				Holders: []kv.Contender{{Name: `{"Action":"Reparent"}`}}, Waiters: []kv.Contender{{Name: `{"Action":"Backup"}`}},
			},
			"/other/" + id: {},
		} {
			locks, err := s.Locks(t.Context(), prefix)
			if err != nil {
				t.Fatal(err)
			}
			if want.Key == "" {
				if len(locks) != 0 {
					t.Errorf("%s: %+v", prefix, locks)
				}
				continue
			}
			if len(locks) != 1 {
				t.Errorf("%s: %+v", prefix, locks)
				continue
			}
			lock := locks[0]
			if lock.Key != want.Key || lock.Recipe != want.Recipe || len(lock.Waiters) != len(want.Waiters) ||
				lock.Holders[0].Name != want.Holders[0].Name || lock.Holders[0].TTL != 60*time.Second {
				t.Errorf("%s: %+v", prefix, lock)
			}
		}
		locks, err := s.Locks(t.Context(), "/service/"+id)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := s.BreakPlan(t.Context(), locks[0], locks[0].Holders[0])
		if err != nil || len(plan.Deleted) < 2 {
			t.Errorf("%+v, %v", plan, err)
		}
		if err := s.Break(t.Context(), locks[0], locks[0].Holders[0]); err != nil {
			t.Error(err)
		}
		if err := s.Break(t.Context(), locks[0], locks[0].Holders[0]); !errors.Is(err, kv.ErrKeyModified) {
			t.Errorf("broken twice: %v", err)
		}
		if _, err := native.Revoke(t.Context(), second.ID); err != nil {
			t.Fatal(err)
		}
	})
}
