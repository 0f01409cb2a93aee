package kv_test

import (
	"errors"
	"fmt"
	"testing"

	"kvist/internal/journal"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// v3Created creates keys below prefix by WriteNodes and returns those that were not, with why.
func v3Created(t *testing.T, s kv.Store, prefix string, keys int) map[string]error {
	t.Helper()
	var writes []kv.Write
	for i := range keys {
		key := fmt.Sprintf("%s/%05d", prefix, i)
		writes = append(writes, kv.Write{Key: key, After: &kv.Node{Key: key, Value: []byte(key)}})
	}
	failed, ended := map[string]error{}, 0
	if err := kv.WriteNodes(t.Context(), s, writes, func(i int, w kv.Written) {
		if ended++; w.Err != nil {
			failed[writes[i].Key] = w.Err
		}
	}); err != nil {
		t.Fatal(err)
	}
	if ended != keys {
		t.Errorf("%d of %d writes ended", ended, keys)
	}
	return failed
}

// Keys that are created in large transactions leave alone what is there, among them or as one of
// them.
func TestEtcdV3CreatesAmongOthers(t *testing.T) {
	v3Each(t, func(t *testing.T, _ *kvtest.Server, s *kv.EtcdV3) {
		for _, key := range []string{"among/00007", "among/00321.between", "among/02900"} {
			if err := s.Put(key, []byte("theirs"), nil); err != nil {
				t.Fatal(err)
			}
		}
		failed := v3Created(t, s, "among", 6000)
		if len(failed) != 2 || !errors.Is(failed["among/00007"], kv.ErrKeyExists) || !errors.Is(failed["among/02900"], kv.ErrKeyExists) {
			t.Errorf("%v", failed)
		}
		pairs, err := s.List("among")
		if err != nil || len(pairs) != 6001 {
			t.Fatalf("%d keys, %v", len(pairs), err)
		}
		for _, p := range pairs {
			theirs := p.Key == "among/00007" || p.Key == "among/00321.between" || p.Key == "among/02900"
			if want := p.Key; !theirs && string(p.Value) != want || theirs && string(p.Value) != "theirs" {
				t.Errorf("%s is %q", p.Key, p.Value)
			}
		}
	})
}

// A user who may write some keys and not what is between them creates these. A client without a
// login creates none, though a server before 3.7 checks no rights in a transaction within another.
func TestEtcdV3CreatesWhatOneMay(t *testing.T) {
	grants := [][]string{{"readwrite", "few/00000"}, {"readwrite", "few/00002"}}
	v3EachDemandingLogin(t, grants, func(t *testing.T, server *kvtest.Server) {
		s := v3Open(t, server, &kv.Config{Username: "reader", Password: "hidden"})
		failed := v3Created(t, s, "few", 3)
		if len(failed) != 1 || !errors.Is(failed["few/00001"], kv.ErrDenied) {
			t.Errorf("%v", failed)
		}
		root := v3Open(t, server, &kv.Config{Username: "root", Password: "secret"})
		if pairs, err := root.List("few"); err != nil || len(pairs) != 2 {
			t.Errorf("%v, %v", pairs, err)
		}
		anonymous, err := kv.NewStore(kv.ETCDV3, []string{server.Addr}, nil)
		if errors.Is(err, kv.ErrDenied) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		defer anonymous.Close()
		if failed := v3Created(t, anonymous, "none", 200); len(failed) != 200 {
			t.Errorf("%d failed", len(failed))
		}
		if pairs, err := root.List("none"); !errors.Is(err, kv.ErrKeyNotFound) {
			t.Errorf("%v, %v", pairs, err)
		}
	})
}

// The record of a plan has the values of all its keys, those that were read with the plan and the
// others: keys with a lease, and keys that were changed since, which stay.
func TestEtcdV3RecordOfAPlanIsExact(t *testing.T) {
	v3Each(t, func(t *testing.T, _ *kvtest.Server, plain *kv.EtcdV3) {
		j := journal.New(t.TempDir(), journal.Store{Backend: "etcdv3", ID: "x"}, journal.Options{})
		defer j.Close()
		s := kv.Recorded(plain, &journal.Recorder{Journal: j})
		want := map[string]string{}
		for i := range 300 {
			key := fmt.Sprintf("exact/%03d", i)
			want[key] = fmt.Sprintf("%d\xff", i)
			if err := plain.Put(key, []byte(want[key]), &kv.WriteOptions{Ephemeral: i%50 == 1}); err != nil {
				t.Fatal(err)
			}
		}
		plan, err := kv.MakePlan(t.Context(), s, "exact")
		if err != nil {
			t.Fatal(err)
		}
		if err := plain.Put("exact/007", []byte("theirs"), nil); err != nil {
			t.Fatal(err)
		}
		report, err := plan.CarryOut(t.Context(), s, nil)
		if err != nil || report.Deleted != 299 || len(report.Kept) != 1 {
			t.Fatalf("%+v, %v", report, err)
		}
		r, err := j.Read()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		e, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Records(e.Plan, func(r journal.Record) bool {
			done := r.Outcome == journal.Done
			if done == (r.Key == "exact/007") || done && (string(r.Before.Value) != want[r.Key] || (r.Before.TTL > 0) != (r.Before.Owner != "")) {
				t.Errorf("%s: %v, %+v", r.Key, r.Outcome, r.Before)
			}
			delete(want, r.Key)
			return true
		}); err != nil || len(want) > 0 {
			t.Errorf("not recorded: %v, %v", want, err)
		}
	})
}
