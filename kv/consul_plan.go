package kv

import (
	"context"
	"errors"
	"sync"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/consulhttp"
)

// consulPlanTxns is how many transactions of a plan are under way at a time.
const consulPlanTxns = 8

// DeletePlanned implements PlanDeleter by transactions that delete keys if they are as planned. One
// that fails is sent again without the keys that stood against it. A request that was sent is
// carried through even if ctx ends.
//
// Each key takes two operations of a transaction, since a checked delete would count a key as its
// own that somebody else has deleted. That makes twice as many transactions, which take a third to
// a half longer.
func (s *Consul) DeletePlanned(ctx context.Context, plan *Plan, progress func(done int)) (Report, error) {
	run := newPlanRun(plan, progress)
	parts := make(chan []PlannedKey)
	var wg sync.WaitGroup
	for range consulPlanTxns {
		wg.Go(func() {
			for keys := range parts {
				s.deleteTogether(run, s.checkPlanned(run, keys))
			}
		})
	}
	for rest := plan.Keys; len(rest) > 0 && run.goesOn(ctx); {
		n := s.http.TxnFits(len(rest), consulDeleteTakes, func(i int) string { return rest[len(rest)-1-i].Key })
		parts <- rest[len(rest)-n:] // the deepest are the last of their branch
		rest = rest[:len(rest)-n]
	}
	close(parts)
	wg.Wait()
	return run.end(ctx, s)
}

// checkPlanned returns the keys that can be sent, and keeps the others.
func (s *Consul) checkPlanned(run *planRun, keys []PlannedKey) []PlannedKey {
	var sound []PlannedKey
	for _, k := range keys {
		if err := consulCheckKey(consulKey(k.Key)); err != nil {
			run.keep(Outcome{k.Key, s.fail(OpDelete, k.Key, err)})
			continue
		}
		sound = append(sound, k)
	}
	return sound
}

// deleteTogether deletes keys in one transaction, if they are as planned.
func (s *Consul) deleteTogether(run *planRun, keys []PlannedKey) {
	for len(keys) > 0 {
		var ops []*api.KVTxnOp
		for _, k := range keys {
			ops = append(ops, consulDeleteOps(consulKey(k.Key), k.Index)...)
		}
		err := recovered(func() error {
			_, err := s.txn(s.ctx, ops...)
			return err
		})
		if err == nil {
			run.deleted(keys...)
			return
		}
		var conflict consulTxnError
		if errors.As(err, &conflict) {
			if left := s.withoutConflicts(run, keys, conflict); len(left) < len(keys) {
				keys = left
				continue
			}
		}
		outcomes := make([]Outcome, len(keys))
		for i, k := range keys {
			outcomes[i] = Outcome{k.Key, s.failWrite(OpDelete, k.Key, err)}
		}
		run.keep(outcomes...)
		return
	}
}

// withoutConflicts returns the keys that nothing stood against, and keeps the others.
func (s *Consul) withoutConflicts(run *planRun, keys []PlannedKey, conflict consulTxnError) []PlannedKey {
	against := map[int]consulhttp.TxnError{}
	for _, e := range conflict.TxnError {
		i := e.OpIndex / consulDeleteTakes
		against[i] = append(against[i], e)
	}
	var left []PlannedKey
	for i, k := range keys {
		if why, found := against[i]; found {
			run.keep(Outcome{k.Key, s.failWrite(OpDelete, k.Key, consulTxnError{why})})
		} else {
			left = append(left, k)
		}
	}
	return left
}
