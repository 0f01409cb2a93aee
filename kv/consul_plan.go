package kv

import (
	"context"
	"errors"
	"sync"

	"github.com/hashicorp/consul/api"
)

// planTxns is how many transactions are under way at a time.
const planTxns = 8

// DeletePlanned implements PlanDeleter: transactions that delete keys if they
// are as planned. One that fails is sent again without the keys that stood
// against it.
//
// Each key takes two operations of a transaction, since a checked delete would
// take one that another has deleted for its own. That makes twice as many
// transactions, which take a third to a half longer.
func (s *Consul) DeletePlanned(ctx context.Context, plan *Plan, progress func(done int)) (Report, error) {
	run := &consulPlanRun{store: s, progress: progress}
	chunks := make(chan []PlannedKey)
	var wg sync.WaitGroup
	for range planTxns {
		wg.Go(func() {
			for keys := range chunks {
				run.chunk(keys)
			}
		})
	}
	for rest := plan.Keys; len(rest) > 0 && ctx.Err() == nil && run.failure() == nil; {
		n := run.fits(rest)
		chunks <- rest[len(rest)-n:] // the deepest are the last of their branch
		rest = rest[:len(rest)-n]
	}
	close(chunks)
	wg.Wait()
	run.report.Left = len(plan.Keys) - run.tried
	run.report.Cancelled = ctx.Err() != nil && run.report.Left > 0
	if run.err == nil && !run.report.Cancelled {
		run.report.Appeared, run.err = s.appeared(ctx, plan)
	}
	return run.report, run.err
}

// consulPlanRun is a plan being carried out.
type consulPlanRun struct {
	store    *Consul
	progress func(int)

	mu     sync.Mutex
	tried  int
	report Report
	err    error // lost contact: nothing more is tried
}

// appeared lists what is there below a plan's prefix and was not planned.
func (s *Consul) appeared(ctx context.Context, plan *Plan) ([]string, error) {
	planned := make(map[string]bool, len(plan.Keys))
	for _, k := range plan.Keys {
		planned[consulKey(k.Key)] = true
	}
	var keys []string
	dir := consulDir(plan.Prefix)
	_, err := s.eachName(ctx, consulList{dir: dir, what: everyName}, func(name string) error {
		if !planned[name] && len(name) > len(dir) && name[:len(dir)] == dir {
			keys = append(keys, consulGiven(name))
		}
		return nil
	})
	return keys, s.fail("list", plan.Prefix, err)
}

// fits is how many of the last keys fit into one transaction.
func (r *consulPlanRun) fits(keys []PlannedKey) int {
	bytes, ops, n := 0, 0, 0
	for n < len(keys) {
		k := keys[len(keys)-1-n]
		ops += consulDeleteTakes
		bytes += consulDeleteTakes * (6*len(k.Key) + 128) // JSON makes a byte six at worst
		if n > 0 && (ops > consulTxnOps || bytes > r.store.maxTxn) {
			break
		}
		n++
	}
	return n
}

// chunk deletes keys of one transaction, those that are as planned. It is
// carried through also when the plan is cancelled.
func (r *consulPlanRun) chunk(keys []PlannedKey) {
	var sound []PlannedKey
	for _, k := range keys {
		if err := checkConsulKey(consulKey(k.Key)); err != nil {
			r.keep([]PlannedKey{k}, err)
			continue
		}
		sound = append(sound, k)
	}
	for keys = sound; len(keys) > 0; {
		var ops []*api.KVTxnOp
		for _, k := range keys {
			ops = append(ops, consulDeleteOps(consulKey(k.Key), k.Index)...)
		}
		err := recovered(func() error {
			_, err := r.store.txn(r.store.ctx, ops...)
			return err
		})
		var conflict consulTxnError
		switch {
		case err == nil:
			r.deleted(len(keys))
			return
		case errors.As(err, &conflict):
			left := r.without(keys, conflict)
			if len(left) < len(keys) {
				keys = left
				continue
			}
		}
		r.keep(keys, err)
		return
	}
}

// without are the keys that nothing stood against; the others are reported.
func (r *consulPlanRun) without(keys []PlannedKey, conflict consulTxnError) []PlannedKey {
	against := map[int]consulTxnError{}
	for _, e := range conflict {
		i := e.OpIndex / consulDeleteTakes
		against[i] = append(against[i], e)
	}
	var left []PlannedKey
	for i, k := range keys {
		if why, ok := against[i]; ok {
			r.keep([]PlannedKey{k}, why)
		} else {
			left = append(left, k)
		}
	}
	return left
}

// deleted counts keys that are gone.
func (r *consulPlanRun) deleted(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Deleted += n
	r.advance(n)
}

// keep notes keys that were not deleted, or of which that is not known.
func (r *consulPlanRun) keep(keys []PlannedKey, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range keys {
		why := r.store.failWrite("delete", k.Key, err)
		r.report.Kept = append(r.report.Kept, Outcome{k.Key, why})
		if errors.Is(why, ErrNotReachable) || errors.Is(why, ErrOutcomeUnknown) || errors.Is(why, ErrClosed) {
			r.err = why
		}
	}
	r.advance(len(keys))
}

// advance tells the progress; r.mu is held, so it is told by one at a time.
func (r *consulPlanRun) advance(n int) {
	r.tried += n
	if r.progress != nil {
		r.progress(r.tried)
	}
}

// failure is why nothing more is to be tried.
func (r *consulPlanRun) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}
