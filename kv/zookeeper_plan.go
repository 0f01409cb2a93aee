package kv

import (
	"context"
	"errors"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkclient"
	"kvist/kv/internal/zkwire"
)

// zkPlanLot is how many planned keys are under way before the run looks for a cancel again.
const zkPlanLot = 8 * zkclient.BatchNodes

// DeletePlanned implements PlanDeleter. The plan holds the Mzxid of each key, while the server
// compares versions. So the znodes are read first, many at a time, and then deleted in
// transactions on the condition of the version read. A znode that is deleted and created again in
// between, and is at the same version again, is deleted. Requests under way are carried out even if
// ctx ends.
func (s *Zookeeper) DeletePlanned(ctx context.Context, plan *Plan, progress func(done int)) (Report, error) {
	d := zkPlanDeleter{planRun: newPlanRun(plan, progress), store: s, many: len(plan.Keys) > zkwire.Many}
	defer d.close()
	for _, level := range plan.levels() {
		for len(level) > 0 && d.goesOn(ctx) {
			n := min(len(level), zkPlanLot)
			d.lot(level[:n])
			level = level[n:]
		}
	}
	return d.end(ctx, s)
}

// zkPlanDeleter carries out a plan.
type zkPlanDeleter struct {
	*planRun
	store   *Zookeeper
	many    bool // so many keys are planned that several connections pay
	pipe    *zkwire.Pipe
	readers *zkwire.Readers // nil until there are some, and after one broke
}

// close closes the connections that are in use.
func (d *zkPlanDeleter) close() {
	if d.readers != nil {
		d.readers.Close()
		d.pipe.Close()
		d.readers = nil
	}
}

// lot deletes some keys of one depth.
func (d *zkPlanDeleter) lot(keys []PlannedKey) {
	planned := make([]PlannedKey, 0, len(keys))
	paths := make([]string, 0, len(keys))
	for _, k := range keys {
		path, err := zkPath(k.Key)
		if err != nil {
			d.refuse(k.Key, err)
			continue
		}
		planned, paths = append(planned, k), append(paths, path)
	}
	if len(planned) == 0 {
		return
	}
	stats, err := d.stats(paths)
	if err != nil {
		d.stop(d.store.fail(OpDelete, planned[0].Key, err))
		return
	}
	unchanged := make([]zkclient.Removal, 0, len(planned))
	for i, k := range planned {
		switch stat := stats[i].Stat; {
		case stat == nil:
			d.refuse(k.Key, zk.ErrNoNode)
		case uint64(stat.Mzxid) != k.Index:
			d.refuse(k.Key, ErrKeyModified)
		default:
			unchanged = append(unchanged, zkclient.Removal{Path: paths[i], Version: stat.Version})
		}
	}
	d.store.main.RemoveAll(d.store.ctx, d.store.timeout, unchanged, d.removed)
}

// refuse keeps a key that was not sent.
func (d *zkPlanDeleter) refuse(key string, err error) {
	d.keep(Outcome{key, d.store.fail(OpDelete, key, err)})
}

// stats reads the stats of znodes, in their order, over new connections if those in use break.
func (d *zkPlanDeleter) stats(paths []string) (nodes []zkwire.Node, err error) {
	for range zkTries {
		if nodes, err = d.tryStats(paths); !errors.Is(err, zk.ErrConnectionClosed) {
			break
		}
		d.close()
	}
	return nodes, err
}

func (d *zkPlanDeleter) tryStats(paths []string) ([]zkwire.Node, error) {
	ctx := d.store.ctx
	if d.readers == nil {
		p, err := d.store.dialer.OpenPipe(ctx, nil, d.store.timeout)
		if err != nil {
			return nil, err
		}
		d.pipe, d.readers = p, zkwire.NewReaders(p)
		if d.many {
			d.readers.Grow(ctx)
		}
	}
	return d.readers.ReadStats(ctx, paths)
}

// removed counts the outcome of a znode. One that has only empty lock queues below it is tried
// once more without them.
func (d *zkPlanDeleter) removed(n zkclient.Removal, err error) {
	if errors.Is(err, zk.ErrNotEmpty) {
		ctx, cancel := d.store.request(context.Background())
		err = d.store.removeBare(ctx, n.Path, n.Version)
		cancel()
	}
	if err != nil {
		key := zkKey(n.Path)
		d.keep(Outcome{key, d.store.failWrite(OpDelete, key, err)})
		return
	}
	d.deleted(PlannedKey{Key: zkKey(n.Path)})
}
