package kv

import (
	"context"
	"errors"
	"sort"
	"strings"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkclient"
	"kvist/kv/internal/zkwire"
)

// Get implements Store.
func (s *Zookeeper) Get(key string) (*KVPair, error) {
	ctx, cancel := s.request(context.Background())
	defer cancel()
	return s.read(ctx, OpGet, key)
}

// read reads a key for op.
func (s *Zookeeper) read(ctx context.Context, op Op, key string) (*KVPair, error) {
	p, err := zkPath(key)
	if err != nil {
		return nil, s.fail(op, key, err)
	}
	n, err := s.main.Get(ctx, p)
	if err != nil {
		return nil, s.fail(op, key, err)
	}
	return zkPair(n), nil
}

// zkPair returns a znode as a pair.
func zkPair(n zkwire.Node) *KVPair {
	value := n.Data
	if value == nil {
		value = []byte{}
	}
	return &KVPair{Key: zkKey(n.Path), Value: value, LastIndex: uint64(n.Stat.Mzxid)}
}

// Exists implements Store.
func (s *Zookeeper) Exists(key string) (bool, error) {
	p, err := zkPath(key)
	if err != nil {
		return false, s.fail(OpExists, key, err)
	}
	ctx, cancel := s.request(context.Background())
	defer cancel()
	_, err = s.main.Stat(ctx, p)
	if errors.Is(err, zk.ErrNoNode) {
		return false, nil
	}
	return err == nil, s.fail(OpExists, key, err)
}

// Put implements Store. An ephemeral Put on a key that is not this store's replaces the znode, in
// one transaction, since a znode cannot change its type. The key lives as long as the store's
// session, with or without a Heartbeat. Once the server has ended the session, after EphemeralTTL
// without contact, the key is gone until it is put again.
func (s *Zookeeper) Put(key string, value []byte, options *WriteOptions) error {
	ephemeral := options != nil && options.Ephemeral
	p, err := zkWritable(key, value, zkMost(ephemeral))
	if err != nil {
		return s.fail(OpPut, key, err)
	}
	ctx, cancel := s.request(context.Background())
	defer cancel()
	if ephemeral {
		return s.failWrite(OpPut, key, s.putEphemeral(ctx, p, value))
	}
	w, err := s.writer(ctx, s.main, p, value)
	if err != nil {
		return s.fail(OpPut, key, err)
	}
	defer w.release()
	return s.failWrite(OpPut, key, w.outcome(ctx, s.put(ctx, w.Session, p, value)))
}

// zkMost returns the most bytes of a value with its key. Only a key that is not ephemeral can be
// written over a session of its own.
func zkMost(ephemeral bool) int {
	if ephemeral {
		return zkValueMax
	}
	return zkLargest
}

// MakeDirectory implements DirectoryMaker. It creates a znode without data.
func (s *Zookeeper) MakeDirectory(ctx context.Context, key string) error {
	p, err := zkWritable(key, nil, zkValueMax)
	if err != nil {
		return s.fail(OpMkdir, key, err)
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	return s.failWrite(OpMkdir, key, s.create(ctx, s.main, p, nil, 0))
}

// List implements Store. Znodes that vanish meanwhile are left out, and so are those that the
// login may not read, with all below them.
func (s *Zookeeper) List(prefix string) ([]*KVPair, error) {
	root, err := zkDirectory(prefix)
	if err != nil {
		return nil, s.fail(OpList, prefix, err)
	}
	var pairs []*KVPair
	err = s.dialer.WithPipe(s.ctx, func(p *zkwire.Pipe) error {
		pairs = []*KVPair{}
		return p.Walk(s.ctx, root, true, func(n zkwire.Node) ([]string, error) {
			switch {
			case n.Path == root && n.Denied:
				return nil, zk.ErrNoAuth
			case n.Path == root && n.Stat == nil:
				return nil, zk.ErrNoNode
			case n.Path != root && n.Stat != nil && !n.Denied:
				pairs = append(pairs, zkPair(n))
			}
			return zkShown(n.Path, n.Children), nil
		})
	})
	if err != nil {
		return nil, s.fail(OpList, prefix, err)
	}
	sort.Slice(pairs, func(i, j int) bool { return pairs[i].Key < pairs[j].Key })
	return pairs, nil
}

// Delete implements Store.
func (s *Zookeeper) Delete(key string) error {
	p, err := zkPath(key)
	if err != nil {
		return s.fail(OpDelete, key, err)
	}
	ctx, cancel := s.request(context.Background())
	defer cancel()
	return s.failWrite(OpDelete, key, s.removeBare(ctx, p, zkclient.AnyVersion))
}

// zkTreeRounds bounds how often DeleteTree looks again for znodes that were created meanwhile.
const zkTreeRounds = 5

// DeleteTree implements Store. It is not one transaction: ZooKeeper has none for a subtree. Nodes
// that are created below prefix meanwhile are deleted too, in a few rounds at most.
func (s *Zookeeper) DeleteTree(prefix string) error {
	root, err := zkPath(prefix)
	if err == nil && zkwire.IsReserved(root) {
		err = zkInvalid("it is the server's own")
	}
	if err != nil {
		return s.fail(OpDeleteTree, prefix, err)
	}
	found := false
	for range zkTreeRounds {
		var paths []string
		paths, err = s.paths(s.ctx, root)
		if errors.Is(err, zk.ErrNoNode) && found {
			return nil
		}
		if err != nil {
			break
		}
		found = true
		if err = s.removePaths(paths); err == nil {
			return nil
		}
		if !errors.Is(err, zk.ErrNotEmpty) && !errors.Is(err, zk.ErrConnectionClosed) {
			break
		}
	}
	return s.failWrite(OpDeleteTree, prefix, err)
}

// paths returns root and all znodes below it, also those that listings hide. It returns
// zk.ErrNoNode if there is no root.
func (s *Zookeeper) paths(ctx context.Context, root string) ([]string, error) {
	var all []string
	err := s.dialer.WithPipe(ctx, func(p *zkwire.Pipe) error {
		all = nil
		return p.Walk(ctx, root, false, func(n zkwire.Node) ([]string, error) {
			if n.Stat == nil {
				if n.Path == root {
					return nil, zk.ErrNoNode
				}
				return nil, nil
			}
			all = append(all, n.Path)
			return n.Children, nil
		})
	})
	return all, err
}

// removePaths deletes znodes, the deepest first. It returns the first error but that a znode is
// gone already.
func (s *Zookeeper) removePaths(paths []string) error {
	byDepth := map[int][]zkclient.Removal{}
	deepest := 0
	for _, p := range paths {
		depth := strings.Count(p, "/")
		byDepth[depth] = append(byDepth[depth], zkclient.Removal{Path: p, Version: zkclient.AnyVersion})
		deepest = max(deepest, depth)
	}
	var first error
	for depth := deepest; depth > 0; depth-- {
		s.main.RemoveAll(s.ctx, s.timeout, byDepth[depth], func(_ zkclient.Removal, err error) {
			if first == nil && !errors.Is(err, zk.ErrNoNode) {
				first = err
			}
		})
	}
	return first
}
