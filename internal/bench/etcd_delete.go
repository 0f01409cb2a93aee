package main

import (
	"fmt"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv"
)

// deleteTimes is the target of a delete plan, times `etcdctl del`.
const deleteTimes = 1.5

// store opens kvist's own store on a server.
func (b *bench) store(backend kv.Backend, addr string) (kv.Store, error) {
	return kv.NewStore(backend, []string{addr}, nil)
}

// carryOut makes the plan to delete n keys below a prefix and returns how long
// it takes to carry it out, which is what the dialog waits for.
func (b *bench) carryOut(s kv.Store, prefix string, n int) (time.Duration, error) {
	began := time.Now()
	plan, err := kv.MakePlan(b.ctx, s, prefix)
	if err != nil {
		return 0, err
	}
	planned := time.Since(began)
	began = time.Now()
	report, err := plan.CarryOut(b.ctx, s, nil)
	d := time.Since(began)
	if err != nil {
		return 0, err
	}
	if report.Deleted != n || len(report.Kept) > 0 || len(report.Appeared) > 0 {
		return 0, fmt.Errorf("%d of %d keys were deleted, %d kept, %d appeared", report.Deleted, n, len(report.Kept), len(report.Appeared))
	}
	b.say("planned %s keys in %s, carried out in %s", grouped(n), took(planned), took(d))
	return d, nil
}

// measureDelete carries out plans and runs etcdctl by turns.
func (e *etcd) measureDelete() ([]row, error) {
	s, err := e.store(kv.ETCDV3, e.server.Addr)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	gone := keyspace{"gone", e.nodes, true}
	var kvist, reference sample
	for range e.rounds {
		if err := e.load(gone); err != nil {
			return nil, err
		}
		d, err := e.carryOut(s, gone.prefix, gone.n)
		if err != nil {
			return nil, err
		}
		kvist = append(kvist, d)
		left, err := e.client.Get(e.ctx, gone.prefix+"/", clientv3.WithPrefix(), clientv3.WithCountOnly())
		if err != nil {
			return nil, err
		}
		if left.Count != 0 {
			return nil, fmt.Errorf("%d keys are left of a plan that was carried out", left.Count)
		}
		if err := e.load(gone); err != nil {
			return nil, err
		}
		began := time.Now()
		said, err := e.etcdctl("del", "--prefix", gone.prefix+"/").Output()
		if err != nil {
			return nil, err
		}
		if strings.TrimSpace(string(said)) != fmt.Sprint(gone.n) {
			return nil, fmt.Errorf("etcdctl deleted %s of %d keys", said, gone.n)
		}
		reference = append(reference, time.Since(began))
		e.say("etcdctl del %s", took(reference[len(reference)-1]))
	}
	return []row{deleteRow(kvist, reference, "`etcdctl del --prefix`", deleteTimes, gone.n)}, nil
}

// deleteRow returns the row of a delete plan.
func deleteRow(kvist, reference sample, name string, goal float64, n int) row {
	ratio := quotient(kvist.median(), reference.median())
	return row{
		what: rowDelete, kvist: took(kvist.median()) + " for " + grouped(n) + " keys",
		reference: took(reference.median()) + " " + name, ratio: times(ratio), goal: times(goal),
	}.judged(ratio <= goal)
}
