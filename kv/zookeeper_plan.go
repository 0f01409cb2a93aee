package kv

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/go-zookeeper/zk"
)

// zkPlanLot is how many planned keys are under way before a cancel is looked
// for again.
const zkPlanLot = 8 * zkBatchNodes

// DeletePlanned implements PlanDeleter. The plan holds the Mzxid of each key,
// while the server compares versions: the nodes are read first, many at a
// time, and then deleted in transactions on the condition of the version
// read. A node that is deleted and created anew in between, and is at the
// same version again, is deleted.
func (s *Zookeeper) DeletePlanned(ctx context.Context, plan *Plan, progress func(done int)) (Report, error) {
	run := zkPlanRun{store: s, progress: progress}
	for _, level := range plan.levels() {
		for len(level) > 0 && ctx.Err() == nil && run.err == nil {
			n := min(len(level), zkPlanLot)
			run.lot(level[:n])
			level = level[n:]
		}
	}
	run.report.Left = len(plan.Keys) - run.tried
	run.report.Cancelled = ctx.Err() != nil && run.report.Left > 0
	if run.err == nil && !run.report.Cancelled {
		run.report.Appeared, run.err = s.appeared(ctx, plan)
	}
	return run.report, run.err
}

// zkPlanRun is a plan being carried out.
type zkPlanRun struct {
	store    *Zookeeper
	progress func(int)

	tried  int
	report Report
	err    error // lost contact: nothing more is tried
}

// lot deletes some keys of one depth.
func (r *zkPlanRun) lot(keys []PlannedKey) {
	removals := make([]zkRemoval, len(keys))
	errs := make([]error, len(keys))
	_ = zkEach(len(keys), func(i int) error {
		removals[i], errs[i] = r.store.planned(keys[i])
		return nil // what is wrong with one key is no reason to leave out the others
	})
	var unchanged []zkRemoval
	for i := range keys {
		if errs[i] != nil {
			r.count(keys[i].Key, r.store.fail("delete", keys[i].Key, errs[i]))
			continue
		}
		unchanged = append(unchanged, removals[i])
	}
	r.store.removeAll(r.store.ctx, unchanged, r.removed)
}

// planned reads whether a key is as it was planned.
func (s *Zookeeper) planned(k PlannedKey) (zkRemoval, error) {
	path, err := zkPath(k.Key)
	if err != nil {
		return zkRemoval{}, err
	}
	ctx, cancel := s.bounded()
	defer cancel()
	stat, err := s.stat(ctx, path)
	if err == nil && uint64(stat.Mzxid) != k.Index {
		err = &Error{Kind: ErrKeyModified}
	}
	if err != nil {
		return zkRemoval{}, err
	}
	return zkRemoval{path, stat.Version}, nil
}

// removed notes what became of a node. One that has only empty lock queues
// below it is tried once more without them.
func (r *zkPlanRun) removed(n zkRemoval, err error) {
	if errors.Is(err, zk.ErrNotEmpty) {
		ctx, cancel := r.store.bounded()
		err = r.store.removeBare(ctx, n.path, n.version)
		cancel()
	}
	r.count(zkKey(n.path), r.store.failWrite("delete", zkKey(n.path), err))
}

// count notes the outcome of one key.
func (r *zkPlanRun) count(key string, err error) {
	r.tried++
	if err == nil {
		r.report.Deleted++
	} else {
		r.report.Kept = append(r.report.Kept, Outcome{key, err})
		if errors.Is(err, ErrNotReachable) || errors.Is(err, ErrClosed) || errors.Is(err, ErrOutcomeUnknown) {
			r.err = err
		}
	}
	if r.progress != nil {
		r.progress(r.tried)
	}
}

// appeared are the keys below the plan's prefix that were not planned.
func (s *Zookeeper) appeared(ctx context.Context, plan *Plan) ([]string, error) {
	root, err := zkPath(plan.Prefix)
	if err != nil {
		return nil, s.fail("list", plan.Prefix, err)
	}
	planned := make(map[string]bool, len(plan.Keys))
	for _, k := range plan.Keys {
		planned[k.Key] = true
	}
	var mu sync.Mutex
	var keys []string
	ctx, cancel := joined(ctx, s.ctx)
	defer cancel()
	err = s.walk(ctx, root, func(ctx context.Context, node string) ([]string, error) {
		n, err := s.read(ctx, s.main, node, false)
		if err == nil && n.stat != nil && node != root && !planned[zkKey(node)] {
			mu.Lock()
			keys = append(keys, zkKey(node))
			mu.Unlock()
		}
		return zkShown(node, n.children), err
	})
	if err != nil {
		return keys, s.fail("list", plan.Prefix, fmt.Errorf("looking for what has appeared: %w", err))
	}
	return keys, nil
}
