package kv

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/go-zookeeper/zk"
)

// zkTries bounds how often an operation of several steps begins anew when
// others change the same nodes between its steps.
const zkTries = 16

// errZkBusy says that others kept changing the same nodes.
var errZkBusy = errors.New("others keep changing the same nodes")

// Put implements Store. An ephemeral Put on a key that is not this store's
// replaces the node, in one transaction, since a node cannot change its type.
// It lives as long as the store's session, with or without a Heartbeat; when
// the server has ended the session, after EphemeralTTL without contact, the
// key is gone and stays so until it is put again.
func (s *Zookeeper) Put(key string, value []byte, options *WriteOptions) error {
	ephemeral := options != nil && options.Ephemeral
	p, err := zkWritable(key, value, !ephemeral)
	if err != nil {
		return s.fail("put", key, err)
	}
	ctx, cancel := s.bounded()
	defer cancel()
	if ephemeral {
		return s.failWrite("put", key, s.putEphemeral(ctx, p, value))
	}
	w, err := s.writer(ctx, s.main, p, value)
	if err != nil {
		return s.fail("put", key, err)
	}
	defer w.release()
	return s.failWrite("put", key, w.outcome(ctx, s.put(ctx, w.zkSession, p, value)))
}

// put sets a node, or creates it.
func (s *Zookeeper) put(ctx context.Context, z *zkSession, path string, value []byte) error {
	for range zkTries {
		if _, err := s.set(ctx, z, path, value, -1); !errors.Is(err, zk.ErrNoNode) {
			return err
		}
		if err := s.create(ctx, z, path, value, 0); !errors.Is(err, zk.ErrNodeExists) {
			return err
		}
	}
	return errZkBusy
}

// MakeDirectory implements DirectoryMaker: a node without data.
func (s *Zookeeper) MakeDirectory(ctx context.Context, key string) error {
	p, err := zkWritable(key, nil, false)
	if err != nil {
		return s.fail("mkdir", key, err)
	}
	ctx, cancel := s.within(ctx)
	defer cancel()
	return s.failWrite("mkdir", key, s.create(ctx, s.main, p, nil, 0))
}

// AtomicPut implements Store. What can escape it: a key that is deleted,
// created anew and changed to the very version that was read, all between
// the read and the write, which follow each other at once, is overwritten. The
// protocol has nothing else that a write could be made to depend on: a
// transaction, too, checks versions only. The server's answer gives it away, so
// that it is told: ErrWrittenOver, with the pair that is there now.
func (s *Zookeeper) AtomicPut(key string, value []byte, previous *KVPair, options *WriteOptions) (bool, *KVPair, error) {
	ephemeral := options != nil && options.Ephemeral
	p, err := zkWritable(key, value, !ephemeral)
	if err != nil {
		return false, nil, s.fail("atomicput", key, err)
	}
	ctx, cancel := s.bounded()
	defer cancel()
	z := s.main
	if ephemeral {
		if z, err = s.ephemeral(ctx); err != nil {
			return false, nil, s.fail("atomicput", key, err)
		}
	}
	w, err := s.writer(ctx, z, p, value)
	if err != nil {
		return false, nil, s.fail("atomicput", key, err)
	}
	defer w.release()
	if previous == nil {
		stat, err := s.createNew(ctx, w.zkSession, p, value, ephemeral)
		if err = w.outcome(ctx, err); err != nil {
			return false, nil, s.failWrite("atomicput", key, err)
		}
		return true, zkNode{path: p, data: value, stat: stat}.pair(), nil
	}
	now, err := s.expect(ctx, p, previous.LastIndex)
	if errors.Is(err, ErrKeyModified) {
		return false, now.pair(), s.fail("atomicput", key, err)
	}
	if err != nil {
		return false, nil, s.fail("atomicput", key, err)
	}
	var stat *zk.Stat
	if ephemeral && now.stat.EphemeralOwner != z.conn.SessionID() {
		stat, err = s.replace(ctx, z, p, value, now.stat)
	} else {
		stat, err = s.setExpected(ctx, w.zkSession, p, value, now.stat)
		err = w.outcome(ctx, err)
	}
	if errors.Is(err, ErrWrittenOver) {
		return false, zkNode{path: p, data: value, stat: stat}.pair(), s.failWrite("atomicput", key, err)
	}
	if err != nil {
		return false, nil, s.failWrite("atomicput", key, err)
	}
	return true, zkNode{path: p, data: value, stat: stat}.pair(), nil
}

// setExpected writes a node on the condition that it is as it was read.
func (s *Zookeeper) setExpected(ctx context.Context, z *zkSession, path string, value []byte, read *zk.Stat) (*zk.Stat, error) {
	stat, err := s.set(ctx, z, path, value, read.Version)
	if err == nil && stat.Czxid != read.Czxid {
		err = &Error{Kind: ErrWrittenOver, Err: fmt.Errorf("czxid %d was read, %d was written over", read.Czxid, stat.Czxid)}
	}
	return stat, err
}

// AtomicDelete implements Store, with the same narrow gap as AtomicPut. Here
// the server's answer does not tell that it was met.
func (s *Zookeeper) AtomicDelete(key string, previous *KVPair) (bool, error) {
	if previous == nil {
		return false, s.fail("atomicdelete", key, &Error{Kind: ErrPreviousNotSpecified})
	}
	p, err := zkPath(key)
	if err != nil {
		return false, s.fail("atomicdelete", key, err)
	}
	ctx, cancel := s.bounded()
	defer cancel()
	now, err := s.expect(ctx, p, previous.LastIndex)
	if err == nil {
		err = s.removeBare(ctx, p, now.stat.Version)
	}
	return err == nil, s.failWrite("atomicdelete", key, err)
}

// expect reads a node that is to have this index; ErrKeyModified, with the
// node as it is, when it has another. Servers may lag behind each other: what
// does not fit is read once more after a sync.
func (s *Zookeeper) expect(ctx context.Context, path string, index uint64) (zkNode, error) {
	for again := false; ; again = true {
		n, err := s.get(ctx, path)
		if errors.Is(err, zk.ErrNoAuth) { // writing may be allowed though reading is not
			n.path = path
			n.stat, err = s.stat(ctx, path)
		}
		fits := err == nil && uint64(n.stat.Mzxid) == index && validToken(index)
		if fits || again || err != nil && !errors.Is(err, zk.ErrNoNode) {
			if err == nil && !fits {
				err = &Error{Kind: ErrKeyModified}
			}
			return n, err
		}
		if err := s.sync(ctx); err != nil {
			return n, err
		}
	}
}

// set writes the data of a node that has this version; -1 is any.
func (s *Zookeeper) set(ctx context.Context, z *zkSession, path string, value []byte, version int32) (*zk.Stat, error) {
	return zkAskOnce(ctx, z, func(c *zk.Conn) (*zk.Stat, error) { return c.Set(path, value, version) })
}

// create makes a node, and the nodes above it that are not there.
func (s *Zookeeper) create(ctx context.Context, z *zkSession, path string, value []byte, flags int32) error {
	return s.withParents(ctx, path, func(acl []zk.ACL) error {
		_, err := zkAskOnce(ctx, z, func(c *zk.Conn) (string, error) { return c.Create(path, value, flags, acl) })
		return err
	})
}

// createNew is create, and tells the new node's stat, which the server gives
// for a Set but not for a Create: both are done in one transaction, so that
// nobody sees the node without its value. The index is exact for it; a read
// afterwards could meet a node that someone else has put there meanwhile.
func (s *Zookeeper) createNew(ctx context.Context, z *zkSession, path string, value []byte, ephemeral bool) (*zk.Stat, error) {
	var stat *zk.Stat
	err := s.withParents(ctx, path, func(acl []zk.ACL) error {
		var err error
		stat, err = s.multiCreate(ctx, z, path, value, acl, ephemeral)
		return err
	})
	return stat, err
}

// replace exchanges a node for an ephemeral one of session z.
func (s *Zookeeper) replace(ctx context.Context, z *zkSession, path string, value []byte, old *zk.Stat) (*zk.Stat, error) {
	acl, err := s.acl(ctx, path)
	if err != nil {
		return nil, err
	}
	return s.multiCreate(ctx, z, path, value, acl, true, &zk.DeleteRequest{Path: path, Version: old.Version})
}

// multiCreate creates a node in one transaction, after what comes before.
func (s *Zookeeper) multiCreate(ctx context.Context, z *zkSession, path string, value []byte, acl []zk.ACL, ephemeral bool, before ...any) (*zk.Stat, error) {
	create := &zk.CreateRequest{Path: path, Acl: acl}
	if ephemeral {
		create.Flags = zk.FlagEphemeral
	}
	ops := slices.Concat(before, []any{create, &zk.SetDataRequest{Path: path, Data: value, Version: 0}})
	answers, err := zkAskOnce(ctx, z, func(c *zk.Conn) ([]zk.MultiResponse, error) { return c.Multi(ops...) })
	if err != nil {
		return nil, err
	}
	return answers[len(answers)-1].Stat, nil
}

// withParents calls create with the ACL that a node at path is to have, after
// making the nodes above it.
func (s *Zookeeper) withParents(ctx context.Context, node string, create func([]zk.ACL) error) error {
	parent := path.Dir(node)
	var err error
	for range zkTries {
		var acl []zk.ACL
		acl, err = s.acl(ctx, parent)
		if err == nil {
			err = create(acl)
		}
		if !errors.Is(err, zk.ErrNoNode) {
			return err
		}
		if err = s.create(ctx, s.main, parent, nil, 0); err != nil && !errors.Is(err, zk.ErrNodeExists) {
			return err
		}
	}
	return err
}

// acl is the ACL of a node, for a new one below it. The server hides the
// hashes of passwords ("user:x") from those who may not administer the node:
// such an ACL cannot be copied, and a new node belongs to our login alone.
// Without a login it is refused rather than opened to the world.
func (s *Zookeeper) acl(ctx context.Context, node string) ([]zk.ACL, error) {
	acl, err := zkAskAgain(ctx, s.main, func(c *zk.Conn) ([]zk.ACL, error) {
		acl, _, err := c.GetACL(node)
		return acl, err
	})
	switch {
	case errors.Is(err, zk.ErrNoAuth), err == nil && zkMasked(acl):
		if s.login == nil {
			return nil, fmt.Errorf("%w: the rights of %s, which a new node below it would get, cannot be read without a login", zk.ErrNoAuth, node)
		}
		return zk.AuthACL(zk.PermAll), nil
	}
	return acl, err
}

// zkMasked reports whether the server has hidden part of an ACL.
func zkMasked(acl []zk.ACL) bool {
	for _, a := range acl {
		if a.Scheme == "digest" && strings.HasSuffix(a.ID, ":x") {
			return true
		}
	}
	return false
}
