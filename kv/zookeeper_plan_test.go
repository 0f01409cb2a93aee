package kv_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// A plan deletes exactly the planned keys that are still as planned, whatever happened since.
func TestZookeeperCarriesOutExactlyThePlan(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	s, native, prefix := zkOpen(t, server.Addr, nil), zkNative(t, server.Addr), zkPrefix()
	for i := range 700 { // more than one transaction, with conflicts inside
		zkMust(t, s.Put(fmt.Sprintf("%s/d/%03d", prefix, i), nil, nil))
	}
	plan, err := kv.MakePlan(context.Background(), s, prefix+"/d")
	zkMust(t, err)
	if len(plan.Keys) != 701 {
		t.Fatalf("%d keys planned", len(plan.Keys))
	}
	zkMust(t, s.Put(prefix+"/d/100", []byte("changed"), nil))
	zkMust(t, s.Delete(prefix+"/d/200"))
	zkMust(t, s.Delete(prefix+"/d/300"))
	zkMust(t, s.Put(prefix+"/d/300", nil, nil)) // the same version again, another node
	zkMust(t, s.Put(prefix+"/d/400/below", nil, nil))
	zkMust(t, s.Put(prefix+"/da", nil, nil))

	last := 0
	report, err := plan.CarryOut(context.Background(), s, func(done int) { last = done })
	zkMust(t, err)
	kept := map[string]error{}
	for _, k := range report.Kept {
		kept[strings.TrimPrefix(k.Key, prefix+"/")] = k.Err
	}
	for key, want := range map[string]error{
		"d/100": kv.ErrKeyModified, "d/200": kv.ErrKeyNotFound, "d/300": kv.ErrKeyModified, "d/400": kv.ErrHasChildren, "d": kv.ErrHasChildren,
	} {
		if !errors.Is(kept[key], want) {
			t.Errorf("%s: %v; want %v", key, kept[key], want)
		}
	}
	if report.Deleted != 701-5 || len(kept) != 5 || report.Left != 0 || last != 701 || !slices.Equal(report.Appeared, []string{prefix + "/d/400/below"}) {
		t.Errorf("%d deleted, kept %v, %d left, %d reported, %v appeared", report.Deleted, kept, report.Left, last, report.Appeared)
	}
	names, _, err := native.Children("/" + prefix + "/d")
	zkMust(t, err)
	slices.Sort(names)
	if !slices.Equal(names, []string{"100", "300", "400"}) {
		t.Errorf("left: %q", names)
	}
}

// A plan that is cancelled reports what was deleted and what was not tried.
func TestZookeeperPlanIsCancelled(t *testing.T) {
	s, prefix := zkOpen(t, kvtest.SharedZooKeeper(t).Addr, nil), zkPrefix()
	zkMust(t, s.Put(prefix+"/a/b/c", nil, nil))
	plan, err := kv.MakePlan(context.Background(), s, prefix)
	zkMust(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	report, err := plan.CarryOut(ctx, s, func(int) { cancel() })
	zkMust(t, err)
	if !report.Cancelled || report.Deleted != 1 || report.Left != 3 {
		t.Errorf("%+v", report)
	}
	if there, err := s.Exists(prefix + "/a/b"); !there || err != nil {
		t.Errorf("deleted after the cancel: %v", err)
	}
}

// The empty queue of a lock whose holder was killed does not keep its directory from being deleted,
// and a queue with a contender does.
func TestZookeeperDeletesOverDeadQueues(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	s, native, prefix := zkOpen(t, server.Addr, nil), zkNative(t, server.Addr), zkPrefix()
	for _, way := range []func(key string) error{
		s.Delete,
		func(key string) error {
			plan, err := kv.MakePlan(context.Background(), s, key)
			if err != nil {
				return err
			}
			report, err := plan.CarryOut(context.Background(), s, nil)
			for _, k := range report.Kept {
				return k.Err
			}
			return err
		},
	} {
		queue := "/" + prefix + "/d/k.kvist-lock"
		zkMust(t, s.MakeDirectory(context.Background(), prefix+"/d"))
		_, err := native.Create(queue, nil, 0, zk.WorldACL(zk.PermAll))
		zkMust(t, err)
		claim, err := native.Create(queue+"/_c_"+zkHex+"-lock-", nil, zkQueued, zk.WorldACL(zk.PermAll))
		zkMust(t, err)
		if err := way(prefix + "/d"); !errors.Is(err, kv.ErrHasChildren) {
			t.Errorf("a lock was deleted with its directory: %v", err)
		}
		zkMust(t, native.Delete(claim, -1))
		zkMust(t, way(prefix+"/d"))
	}
}

// Trees of long keys are deleted in transactions that the server takes.
func TestZookeeperDeletesTreesOfLongKeys(t *testing.T) {
	s, prefix := zkOpen(t, kvtest.SharedZooKeeper(t).Addr, nil), zkPrefix()
	long := strings.Repeat("x", 20_000)
	for i := range 120 {
		zkMust(t, s.Put(fmt.Sprintf("%s/%s%d", prefix, long, i), nil, nil))
	}
	zkMust(t, s.DeleteTree(prefix))
	if there, err := s.Exists(prefix); there || err != nil {
		t.Errorf("still there: %v", err)
	}
}
