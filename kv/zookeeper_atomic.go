package kv

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkclient"
	"kvist/kv/internal/zkwire"
)

// AtomicPut implements Store. It misses one case: a key that is deleted, created again and
// changed to the very version that was read, all between the read and the write that follows at
// once, is overwritten. The protocol has no other condition for a write; a transaction checks
// versions only, too. The server's answer shows that it happened, and the error is then
// ErrWrittenOver, with the pair that is there now.
func (s *Zookeeper) AtomicPut(key string, value []byte, previous *KVPair, options *WriteOptions) (bool, *KVPair, error) {
	ephemeral := options != nil && options.Ephemeral
	p, err := zkWritable(key, value, zkMost(ephemeral))
	if err != nil {
		return false, nil, s.fail(OpAtomicPut, key, err)
	}
	ctx, cancel := s.request(context.Background())
	defer cancel()
	z := s.main
	if ephemeral {
		if z, err = s.ephemeral(ctx); err != nil {
			return false, nil, s.fail(OpAtomicPut, key, err)
		}
	}
	w, err := s.writer(ctx, z, p, value)
	if err != nil {
		return false, nil, s.fail(OpAtomicPut, key, err)
	}
	defer w.release()
	if previous == nil {
		stat, err := s.createNew(ctx, w.Session, p, value, ephemeral)
		if err = w.outcome(ctx, err); err != nil {
			return false, nil, s.failWrite(OpAtomicPut, key, err)
		}
		return true, zkPair(zkwire.Node{Path: p, Data: value, Stat: stat}), nil
	}
	now, err := s.expect(ctx, p, previous.LastIndex)
	if errors.Is(err, ErrKeyModified) {
		return false, zkPair(now), s.fail(OpAtomicPut, key, err)
	}
	if err != nil {
		return false, nil, s.fail(OpAtomicPut, key, err)
	}
	var stat *zk.Stat
	if ephemeral && now.Stat.EphemeralOwner != z.ID() {
		stat, err = s.replace(ctx, z, p, value, now.Stat)
	} else {
		stat, err = s.setExpected(ctx, w.Session, p, value, now.Stat)
		err = w.outcome(ctx, err)
	}
	if errors.Is(err, ErrWrittenOver) {
		return false, zkPair(zkwire.Node{Path: p, Data: value, Stat: stat}), s.failWrite(OpAtomicPut, key, err)
	}
	if err != nil {
		return false, nil, s.failWrite(OpAtomicPut, key, err)
	}
	return true, zkPair(zkwire.Node{Path: p, Data: value, Stat: stat}), nil
}

// setExpected writes a znode on the condition that it is as it was read.
func (s *Zookeeper) setExpected(ctx context.Context, z *zkclient.Session, path string, value []byte, read *zk.Stat) (*zk.Stat, error) {
	stat, err := z.Set(ctx, path, value, read.Version)
	if err == nil && stat.Czxid != read.Czxid {
		err = withKind(ErrWrittenOver, fmt.Errorf("czxid %d was read, %d was written over", read.Czxid, stat.Czxid))
	}
	return stat, err
}

// AtomicDelete implements Store. It misses the same case as AtomicPut, and here the server's
// answer does not show that it happened.
func (s *Zookeeper) AtomicDelete(key string, previous *KVPair) (bool, error) {
	if previous == nil {
		return false, s.fail(OpAtomicDelete, key, ErrPreviousNotSpecified)
	}
	p, err := zkPath(key)
	if err != nil {
		return false, s.fail(OpAtomicDelete, key, err)
	}
	ctx, cancel := s.request(context.Background())
	defer cancel()
	now, err := s.expect(ctx, p, previous.LastIndex)
	if err == nil {
		err = s.removeBare(ctx, p, now.Stat.Version)
	}
	return err == nil, s.failWrite(OpAtomicDelete, key, err)
}

// expect reads a znode that should have this index. If it has another, the error is
// ErrKeyModified, with the znode as it is. Servers may lag behind each other: a znode that does
// not fit is read once more after a sync.
func (s *Zookeeper) expect(ctx context.Context, path string, index uint64) (zkwire.Node, error) {
	for again := false; ; again = true {
		n, err := s.main.Get(ctx, path)
		if errors.Is(err, zk.ErrNoAuth) { // the login may write a znode that it may not read
			n.Path = path
			n.Stat, err = s.main.Stat(ctx, path)
		}
		fits := err == nil && uint64(n.Stat.Mzxid) == index && validToken(index)
		if fits || again || err != nil && !errors.Is(err, zk.ErrNoNode) {
			if err == nil && !fits {
				err = ErrKeyModified
			}
			return n, err
		}
		if err := s.main.Sync(ctx); err != nil {
			return n, err
		}
	}
}
