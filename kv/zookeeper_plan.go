package kv

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkclient"
	"kvist/kv/internal/zkwire"
)

// zkPlanLot is how many planned keys are under way before the run looks for a cancel again.
const zkPlanLot = 8 * zkclient.BatchNodes

// DeletePlanned implements PlanDeleter. The plan holds the Mzxid of each key, while the server
// compares versions. So the znodes are read first, many at a time, and then deleted in
// transactions on the condition of the version read. A znode that is deleted and created again in
// between, and is at the same version again, is deleted. What is under way when ctx ends is
// carried out.
func (s *Zookeeper) DeletePlanned(ctx context.Context, plan *Plan, progress func(done int)) (Report, error) {
	run := zkPlanRun{store: s, progress: progress, many: len(plan.Keys) > zkwire.Many}
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
	many     bool // so many keys are planned that several connections pay
	pipe     *zkwire.Pipe
	readers  *zkwire.Readers // nil until there are some, and after one broke

	tried  int
	report Report
	err    error // lost contact: nothing more is tried
}

// close closes the connections that are in use.
func (r *zkPlanRun) close() {
	if r.readers != nil {
		r.readers.Close()
		r.pipe.Close()
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
			r.count(k.Key, r.store.fail(OpDelete, k.Key, err))
			continue
		}
		planned, paths = append(planned, k), append(paths, path)
	}
	if len(planned) == 0 {
		return
	}
	stats, err := r.stats(paths)
	if err != nil {
		r.err = r.store.fail(OpDelete, planned[0].Key, err)
		return
	}
	unchanged := make([]zkclient.Removal, 0, len(planned))
	for i, k := range planned {
		switch stat := stats[i].Stat; {
		case stat == nil:
			r.count(k.Key, r.store.fail(OpDelete, k.Key, zk.ErrNoNode))
		case uint64(stat.Mzxid) != k.Index:
			r.count(k.Key, r.store.fail(OpDelete, k.Key, ErrKeyModified))
		default:
			unchanged = append(unchanged, zkclient.Removal{Path: paths[i], Version: stat.Version})
		}
	}
	r.store.main.RemoveAll(r.store.ctx, r.store.timeout, unchanged, r.removed)
}

// stats reads the stats of znodes, in their order, over new connections if those in use break.
func (r *zkPlanRun) stats(paths []string) (nodes []zkwire.Node, err error) {
	for range zkTries {
		if nodes, err = r.tryStats(paths); !errors.Is(err, zk.ErrConnectionClosed) {
			break
		}
		r.close()
	}
	return nodes, err
}

func (r *zkPlanRun) tryStats(paths []string) ([]zkwire.Node, error) {
	ctx := r.store.ctx
	if r.readers == nil {
		p, err := r.store.dialer.OpenPipe(ctx, nil, r.store.timeout)
		if err != nil {
			return nil, err
		}
		r.pipe, r.readers = p, zkwire.NewReaders(p)
		if r.many {
			r.readers.Grow(ctx)
		}
	}
	place := make(map[string]int, len(paths))
	found, err := zkwire.ReadMany(ctx, len(paths), func(i int, got func(zkwire.Node, error)) {
		place[paths[i]] = i
		r.readers.Next().ReadStat(paths[i], false, got)
	})
	nodes := make([]zkwire.Node, len(paths))
	for _, n := range found {
		nodes[place[n.Path]] = n
	}
	return nodes, err
}

// removed counts the outcome of a znode. One that has only empty lock queues below it is tried
// once more without them.
func (r *zkPlanRun) removed(n zkclient.Removal, err error) {
	if errors.Is(err, zk.ErrNotEmpty) {
		ctx, cancel := r.store.request(context.Background())
		err = r.store.removeBare(ctx, n.Path, n.Version)
		cancel()
	}
	r.count(zkKey(n.Path), r.store.failWrite(OpDelete, zkKey(n.Path), err))
}

// count counts the outcome of one key.
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

// appeared returns the keys below the plan's prefix that were not planned.
func (s *Zookeeper) appeared(ctx context.Context, plan *Plan) ([]string, error) {
	root, err := zkPath(plan.Prefix)
	if err != nil {
		return nil, s.fail(OpList, plan.Prefix, err)
	}
	planned := make(map[string]bool, len(plan.Keys))
	for _, k := range plan.Keys {
		planned[k.Key] = true
	}
	var keys []string
	ctx, cancel := s.long(ctx)
	defer cancel()
	err = s.dialer.WithPipe(ctx, func(p *zkwire.Pipe) error {
		keys = nil
		return p.Walk(ctx, root, false, func(n zkwire.Node) ([]string, error) {
			if n.Stat != nil && n.Path != root && !planned[zkKey(n.Path)] {
				keys = append(keys, zkKey(n.Path))
			}
			return zkShown(n.Path, n.Children), nil
		})
	})
	if err != nil {
		return keys, s.fail(OpList, plan.Prefix, fmt.Errorf("looking for what has appeared: %w", err))
	}
	return keys, nil
}
