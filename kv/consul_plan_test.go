package kv_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/hashicorp/consul/api"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// consulMany writes the keys p/0000 and on, in transactions.
func consulMany(t *testing.T, client *api.Client, keys int) {
	t.Helper()
	var pairs []*api.KVPair
	for i := range keys {
		pairs = append(pairs, &api.KVPair{Key: fmt.Sprintf("p/%d/%04d", i%7, i), Value: []byte("v")})
	}
	for chunk := range slices.Chunk(pairs, 64) {
		consulSet(t, client, chunk...)
	}
}

// A large plan deletes what is as planned and reports what became of the rest, also of keys that
// change while it is carried out.
func TestConsulLargePlan(t *testing.T) {
	t.Parallel()
	const keys = 5000
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	consulMany(t, native, keys)
	consulSet(t, native, &api.KVPair{Key: "p"}, &api.KVPair{Key: "p-sibling"})
	plan, err := kv.MakePlan(t.Context(), s, "p")
	if err != nil || len(plan.Keys) != keys+1 {
		t.Fatalf("%d planned, %v", len(plan.Keys), err)
	}
	consulSet(t, native, &api.KVPair{Key: "p/3/0003", Value: []byte("changed")}, &api.KVPair{Key: "p/new"})
	for _, gone := range []string{"p/1/0001", "p/2/0002"} {
		if _, err := native.KV().Delete(gone, nil); err != nil {
			t.Fatal(err)
		}
	}
	consulSet(t, native, &api.KVPair{Key: "p/2/0002", Value: []byte("v")})
	late, gone := "", "p/0/0007"
	report, err := plan.CarryOut(t.Context(), s, func(int) {
		if late == "" { // the first keys go last
			late = "p/0/0000"
			consulSet(t, native, &api.KVPair{Key: late, Value: []byte("changed late")})
			if _, err := native.KV().Delete(gone, nil); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil || report.Deleted != keys+1-len(report.Kept) || report.Left != 0 || report.Cancelled {
		t.Fatalf("deleted %d, left %d, %v", report.Deleted, report.Left, err)
	}
	why := map[string]error{}
	for _, o := range report.Kept {
		why[o.Key] = o.Err
	}
	for key, kind := range map[string]error{"p/3/0003": kv.ErrKeyModified, "p/2/0002": kv.ErrKeyModified, late: kv.ErrKeyModified, "p/1/0001": kv.ErrKeyNotFound, gone: kv.ErrKeyNotFound} {
		if !errors.Is(why[key], kind) {
			t.Errorf("%s was kept because of %v", key, why[key])
		}
	}
	if len(why) != 5 || !slices.Equal(report.Appeared, []string{"p/new"}) {
		t.Errorf("kept %v, appeared %q", why, report.Appeared)
	}
	left, _, err := native.KV().Keys("", "", nil)
	if want := []string{"p-sibling", "p/0/0000", "p/2/0002", "p/3/0003", "p/new"}; err != nil || !slices.Equal(left, want) {
		t.Errorf("left: %q, %v", left, err)
	}
}

// A large plan stops when it is cancelled, and reports how many keys are left.
func TestConsulLargePlanIsCancelled(t *testing.T) {
	t.Parallel()
	const keys = 5000
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	consulMany(t, native, keys)
	plan, err := kv.MakePlan(t.Context(), s, "p")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reported := 0
	report, err := plan.CarryOut(ctx, s, func(done int) {
		if reported = done; done > keys/4 {
			cancel()
		}
	})
	left, _, listErr := native.KV().Keys("p/", "", nil)
	if err != nil || listErr != nil || !report.Cancelled || report.Deleted != reported || report.Left != keys-reported || len(left) != report.Left {
		t.Errorf("deleted %d, left %d of %d, reported %d, %v, %v", report.Deleted, report.Left, len(left), reported, err, listErr)
	}
	if report.Deleted < keys/4 || report.Deleted > keys*3/4 {
		t.Errorf("it went on until %d", report.Deleted)
	}
}
