package kv

import (
	"context"
	"sort"
	"time"

	client "go.etcd.io/etcd/client/v2"
)

// Get implements Store. A directory is a pair with an empty value.
func (s *Etcd) Get(key string) (*KVPair, error) {
	path, err := s.checkKey("get", key)
	if err != nil {
		return nil, err
	}
	ctx, cancel := s.small(s.ctx)
	defer cancel()
	node, _, err := s.node(ctx, path, false)
	if err != nil {
		return nil, s.failRead("get", key, err)
	}
	return etcdPair(node), nil
}

// failRead is fail for reads: what cannot be there is not found.
func (s *Etcd) failRead(op Op, key string, err error) error {
	if etcdMissing(err) {
		return s.failAs(op, key, ErrKeyNotFound, err)
	}
	return s.fail(op, key, err)
}

// Exists implements Store.
func (s *Etcd) Exists(key string) (bool, error) {
	path, err := s.checkKey("exists", key)
	if err != nil {
		return false, err
	}
	ctx, cancel := s.small(s.ctx)
	defer cancel()
	_, _, err = s.node(ctx, path, false)
	switch {
	case err == nil:
		return true, nil
	case etcdMissing(err):
		return false, nil
	}
	return false, s.fail("exists", key, err)
}

// Put implements Store. Onto a directory it is ErrIsDirectory.
func (s *Etcd) Put(key string, value []byte, options *WriteOptions) error {
	path, err := s.checkWrite("put", key, value)
	if err != nil {
		return err
	}
	ctx, cancel := s.small(s.ctx)
	defer cancel()
	if options == nil || !options.Ephemeral {
		if err := s.putKeeping(ctx, path, value); err != nil {
			return s.fail("put", key, err)
		}
		return nil
	}
	ttl, err := s.ephemeralSeconds("put", key)
	if err != nil {
		return err
	}
	node, err := s.set(ctx, path, value, &client.SetOptions{TTL: ttl})
	if err != nil {
		return s.fail("put", key, err)
	}
	s.keepEphemeral(path, node.CreatedIndex, ttl, options.Heartbeat)
	return nil
}

// putKeeping puts a value and keeps the TTL that the node has. A plain set
// would end it, so the node is read first and set only if it is still as it
// was read; who is overtaken tries again.
func (s *Etcd) putKeeping(ctx context.Context, path string, value []byte) error {
	for {
		options := &client.SetOptions{PrevExist: client.PrevNoExist}
		node, _, err := s.node(ctx, path, false)
		switch {
		case etcdCode(err) == client.ErrorCodeKeyNotFound:
		case err != nil:
			return err
		case node.Dir:
			return ErrIsDirectory
		default:
			options = swapKeeping(node)
		}
		_, err = s.set(ctx, path, value, options)
		switch etcdCode(err) {
		case client.ErrorCodeNodeExist, client.ErrorCodeTestFailed, client.ErrorCodeKeyNotFound:
			continue // overtaken
		}
		return err
	}
}

// swapKeeping sets a node if it is as it was read, and keeps its TTL. The
// server rounds up what is left of it to whole seconds.
func swapKeeping(n *client.Node) *client.SetOptions {
	return &client.SetOptions{PrevExist: client.PrevExist, PrevIndex: n.ModifiedIndex, TTL: nodeTTL(n)}
}

// nodeTTL is what is left to a node, in whole seconds rounded up; 0 when it
// does not end.
func nodeTTL(n *client.Node) time.Duration {
	if n.Expiration == nil {
		return 0
	}
	return max(n.TTLDuration(), time.Second)
}

// Delete implements Store. An empty directory is deleted, too.
func (s *Etcd) Delete(key string) error {
	path, err := s.checkKey("delete", key)
	if err != nil {
		return err
	}
	ctx, cancel := s.small(s.ctx)
	defer cancel()
	if err := s.removeOne(ctx, path); err != nil {
		return s.failRead("delete", key, err)
	}
	return nil
}

// removeOne deletes a key or an empty directory. Queues that locks left
// behind, which no listing shows, do not make a directory full.
func (s *Etcd) removeOne(ctx context.Context, path string) error {
	err := s.remove(ctx, path, &client.DeleteOptions{Dir: true})
	if etcdCode(err) == client.ErrorCodeDirNotEmpty && s.sweepQueues(ctx, path) {
		err = s.remove(ctx, path, &client.DeleteOptions{Dir: true})
	}
	if etcdCode(err) == client.ErrorCodeDirNotEmpty && s.looksEmpty(ctx, path) {
		err = &Error{Kind: ErrHiddenBelow, Err: err}
	}
	return err
}

// looksEmpty reports whether a listing shows nothing in a directory.
func (s *Etcd) looksEmpty(ctx context.Context, path string) bool {
	dir, _, err := s.node(ctx, path, false)
	return err == nil && len(dir.Nodes) == 0
}

// sweepQueues deletes the queues in a directory that nobody stands in, and
// reports whether there was one.
func (s *Etcd) sweepQueues(ctx context.Context, path string) bool {
	dir, _, err := s.node(ctx, path, true)
	if err != nil {
		return false
	}
	swept := false
	for _, n := range dir.Nodes {
		if _, ok := etcdLocked(n.Key); ok && n.Dir && len(n.Nodes) == 0 {
			swept = s.remove(ctx, n.Key, &client.DeleteOptions{Dir: true}) == nil || swept
		}
	}
	return swept
}

// List implements Store. Directories are listed with an empty value. It lasts
// as long as it makes progress.
func (s *Etcd) List(prefix string) ([]*KVPair, error) {
	path, err := s.checkPrefix("list", prefix)
	if err != nil {
		return nil, err
	}
	node, _, err := s.node(s.ctx, path, true)
	if err != nil {
		return nil, s.failRead("list", prefix, err)
	}
	return etcdPairs(path, node), nil
}

// etcdPairs are the pairs below path, sorted; node is what is there, and may
// be nil.
func etcdPairs(path string, node *client.Node) []*KVPair {
	pairs := []*KVPair{}
	walkEtcd(node, func(n *client.Node) bool {
		below, ok := etcdBelow(path, n.Key)
		if !ok || etcdInQueue(below) {
			return !ok // into the directory itself, not into queues
		}
		pairs = append(pairs, etcdPair(n))
		return true
	})
	sort.Slice(pairs, func(i, j int) bool { return pairs[i].Key < pairs[j].Key })
	return pairs
}

// walkEtcd visits a node and what is below it for as long as visit says so.
func walkEtcd(n *client.Node, visit func(*client.Node) bool) {
	if n == nil || !visit(n) {
		return
	}
	for _, child := range n.Nodes {
		walkEtcd(child, visit)
	}
}

// DeleteTree implements Store. It is one request, and all or nothing.
func (s *Etcd) DeleteTree(prefix string) error {
	path, err := s.checkKey("deletetree", prefix)
	if err != nil {
		return err
	}
	ctx, cancel := s.small(s.ctx)
	defer cancel()
	if err := s.remove(ctx, path, &client.DeleteOptions{Dir: true, Recursive: true}); err != nil {
		return s.failRead("deletetree", prefix, err)
	}
	return nil
}
