package kv

import (
	"context"
	"errors"
	"fmt"

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
	run := zkPlanRun{store: s, progress: progress, many: len(plan.Keys) > zkMany}
	defer run.close()
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
	many     bool       // keys are planned
	readers  *zkReaders // nil until there are some, and when one broke

	tried  int
	report Report
	err    error // lost contact: nothing more is tried
}

func (r *zkPlanRun) close() {
	if r.readers != nil {
		r.readers.close()
		r.readers.pipes[0].close()
		r.readers = nil
	}
}

// lot deletes some keys of one depth.
func (r *zkPlanRun) lot(keys []PlannedKey) {
	planned := make([]PlannedKey, 0, len(keys))
	paths := make([]string, 0, len(keys))
	for _, k := range keys {
		path, err := zkPath(k.Key)
		if err != nil {
			r.count(k.Key, r.store.fail("delete", k.Key, err))
			continue
		}
		planned, paths = append(planned, k), append(paths, path)
	}
	stats, err := r.stats(paths)
	if err != nil {
		r.err = r.store.fail("delete", planned[0].Key, err)
		return
	}
	unchanged := make([]zkRemoval, 0, len(planned))
	for i, k := range planned {
		switch {
		case stats[i].stat == nil:
			r.count(k.Key, r.store.fail("delete", k.Key, zk.ErrNoNode))
		case uint64(stats[i].stat.Mzxid) != k.Index:
			r.count(k.Key, r.store.fail("delete", k.Key, &Error{Kind: ErrKeyModified}))
		default:
			unchanged = append(unchanged, zkRemoval{paths[i], stats[i].stat.Version})
		}
	}
	r.store.removeAll(r.store.ctx, unchanged, r.removed)
}

// stats reads what is known of nodes, in their order, over new connections if
// those in use break.
func (r *zkPlanRun) stats(paths []string) (nodes []zkNode, err error) {
	for range zkTries {
		if nodes, err = r.tryStats(paths); !errors.Is(err, zk.ErrConnectionClosed) {
			break
		}
		r.close()
	}
	return nodes, err
}

func (r *zkPlanRun) tryStats(paths []string) ([]zkNode, error) {
	ctx := r.store.ctx
	if r.readers == nil {
		p, err := r.store.openPipe(ctx, func(zkEvent) {}, r.store.timeout)
		if err != nil {
			return nil, err
		}
		r.readers = &zkReaders{pipes: []*zkPipe{p}}
		if r.many {
			r.readers.grow(ctx)
		}
	}
	place := make(map[string]int, len(paths))
	found, err := zkReadMany(ctx, len(paths), func(i int, got func(zkNode, error)) {
		place[paths[i]] = i
		r.readers.next().readStat(paths[i], false, got)
	})
	nodes := make([]zkNode, len(paths))
	for _, n := range found {
		nodes[place[n.path]] = n
	}
	return nodes, err
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
	var keys []string
	ctx, cancel := joined(ctx, s.ctx)
	defer cancel()
	err = s.withPipe(ctx, func(p *zkPipe) error {
		keys = nil
		return p.walk(ctx, root, false, func(n zkNode) ([]string, error) {
			if n.stat != nil && n.path != root && !planned[zkKey(n.path)] {
				keys = append(keys, zkKey(n.path))
			}
			return zkShown(n.path, n.children), nil
		})
	})
	if err != nil {
		return keys, s.fail("list", plan.Prefix, fmt.Errorf("looking for what has appeared: %w", err))
	}
	return keys, nil
}
