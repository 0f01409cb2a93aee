package kv

import (
	"context"
	"sort"
	"time"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/etcdv2"
)

// Get implements Store. A directory is a pair with an empty value.
func (s *Etcd) Get(key string) (*KVPair, error) {
	path, err := s.checkKey(OpGet, key)
	if err != nil {
		return nil, err
	}
	ctx, cancel := s.request(s.ctx)
	defer cancel()
	node, _, err := s.cluster.Get(ctx, path)
	if err != nil {
		return nil, s.fail(OpGet, key, v2Absent(err))
	}
	return v2Pair(node), nil
}

// Put implements Store. Onto a directory it is ErrIsDirectory.
func (s *Etcd) Put(key string, value []byte, options *WriteOptions) error {
	path, err := s.checkWrite(OpPut, key, value)
	if err != nil {
		return err
	}
	ctx, cancel := s.request(s.ctx)
	defer cancel()
	if options == nil || !options.Ephemeral {
		return s.failWrite(OpPut, key, s.putKeeping(ctx, path, value))
	}
	ttl, err := s.ephemeralSeconds(OpPut, key)
	if err != nil {
		return err
	}
	node, err := s.cluster.Set(ctx, path, value, &client.SetOptions{TTL: ttl})
	if err != nil {
		return s.failWrite(OpPut, key, err)
	}
	s.keepEphemeral(path, node.CreatedIndex, ttl, options.Heartbeat)
	return nil
}

// putKeeping puts a value and keeps the TTL that the node has. A plain set would end the TTL, so
// the node is read first, and set only if it is still as it was read. If it is not, putKeeping
// tries again.
func (s *Etcd) putKeeping(ctx context.Context, path string, value []byte) error {
	for {
		options := &client.SetOptions{PrevExist: client.PrevNoExist}
		node, _, err := s.cluster.Get(ctx, path)
		switch {
		case etcdv2.Code(err) == client.ErrorCodeKeyNotFound:
		case err != nil:
			return unsent(err)
		case node.Dir:
			return ErrIsDirectory
		default:
			options = v2SwapKeeping(node)
		}
		_, err = s.cluster.Set(ctx, path, value, options)
		switch etcdv2.Code(err) {
		case client.ErrorCodeNodeExist, client.ErrorCodeTestFailed, client.ErrorCodeKeyNotFound:
			continue // somebody else wrote it meanwhile
		}
		return err
	}
}

// v2SwapKeeping returns the options that set a node if it is as it was read, and keep its TTL. The
// server rounds up what is left of the TTL to whole seconds.
func v2SwapKeeping(n *client.Node) *client.SetOptions {
	return &client.SetOptions{PrevExist: client.PrevExist, PrevIndex: n.ModifiedIndex, TTL: v2TTL(n)}
}

// v2TTL returns what is left of a node's TTL, in whole seconds rounded up, or 0 if it has none.
func v2TTL(n *client.Node) time.Duration {
	if n.Expiration == nil {
		return 0
	}
	return max(n.TTLDuration(), time.Second)
}

// Exists implements Store.
func (s *Etcd) Exists(key string) (bool, error) {
	path, err := s.checkKey(OpExists, key)
	if err != nil {
		return false, err
	}
	ctx, cancel := s.request(s.ctx)
	defer cancel()
	_, _, err = s.cluster.Get(ctx, path)
	switch {
	case err == nil:
		return true, nil
	case etcdv2.IsMissing(err):
		return false, nil
	}
	return false, s.fail(OpExists, key, err)
}

// List implements Store. Directories are listed with an empty value. It lasts as long as it makes
// progress.
func (s *Etcd) List(prefix string) ([]*KVPair, error) {
	path, err := s.checkPrefix(OpList, prefix)
	if err != nil {
		return nil, err
	}
	node, _, err := s.cluster.GetTree(s.ctx, path)
	if err != nil {
		return nil, s.fail(OpList, prefix, v2Absent(err))
	}
	return v2Pairs(path, node), nil
}

// v2Pairs returns the pairs below path, sorted. node is the node at path, and may be nil.
func v2Pairs(path string, node *client.Node) []*KVPair {
	pairs := []*KVPair{}
	v2Walk(node, func(n *client.Node) bool {
		below, ok := etcdv2.Below(path, n.Key)
		if !ok || v2IsHidden(below) {
			return !ok // into the directory itself, not into queues
		}
		pairs = append(pairs, v2Pair(n))
		return true
	})
	sort.Slice(pairs, func(i, j int) bool { return pairs[i].Key < pairs[j].Key })
	return pairs
}

// v2Walk calls visit for a node, and for all that is below it if visit returns true.
func v2Walk(n *client.Node, visit func(*client.Node) bool) {
	if n == nil || !visit(n) {
		return
	}
	for _, child := range n.Nodes {
		v2Walk(child, visit)
	}
}

// Delete implements Store. An empty directory is deleted, too.
func (s *Etcd) Delete(key string) error {
	path, err := s.checkKey(OpDelete, key)
	if err != nil {
		return err
	}
	ctx, cancel := s.request(s.ctx)
	defer cancel()
	return s.failWrite(OpDelete, key, v2Absent(s.removeOne(ctx, path)))
}

// removeOne deletes a key or an empty directory. Queues that locks left behind, which no listing
// shows, do not make a directory full.
func (s *Etcd) removeOne(ctx context.Context, path string) error {
	err := s.cluster.Delete(ctx, path, &client.DeleteOptions{Dir: true})
	if etcdv2.Code(err) == client.ErrorCodeDirNotEmpty && s.sweepQueues(ctx, path) {
		err = s.cluster.Delete(ctx, path, &client.DeleteOptions{Dir: true})
	}
	if etcdv2.Code(err) == client.ErrorCodeDirNotEmpty && s.looksEmpty(ctx, path) {
		err = ErrHiddenBelow
	}
	return err
}

// looksEmpty reports whether a listing shows nothing in a directory.
func (s *Etcd) looksEmpty(ctx context.Context, path string) bool {
	dir, _, err := s.cluster.Get(ctx, path)
	return err == nil && len(dir.Nodes) == 0
}

// sweepQueues deletes the empty queues in a directory, and reports whether there were any.
func (s *Etcd) sweepQueues(ctx context.Context, path string) bool {
	dir, _, err := s.cluster.GetTree(ctx, path)
	if err != nil {
		return false
	}
	swept := false
	for _, n := range dir.Nodes {
		if _, ok := v2Locked(n.Key); ok && n.Dir && len(n.Nodes) == 0 {
			swept = s.cluster.Delete(ctx, n.Key, &client.DeleteOptions{Dir: true}) == nil || swept
		}
	}
	return swept
}

// DeleteTree implements Store. It is one request, and all or nothing.
func (s *Etcd) DeleteTree(prefix string) error {
	path, err := s.checkKey(OpDeleteTree, prefix)
	if err != nil {
		return err
	}
	ctx, cancel := s.request(s.ctx)
	defer cancel()
	err = s.cluster.Delete(ctx, path, &client.DeleteOptions{Dir: true, Recursive: true})
	return s.failWrite(OpDeleteTree, prefix, v2Absent(err))
}

// MakeDirectory implements DirectoryMaker.
func (s *Etcd) MakeDirectory(ctx context.Context, key string) error {
	path, err := s.checkKey(OpMkdir, key)
	if err != nil {
		return err
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	_, err = s.cluster.Set(ctx, path, nil, &client.SetOptions{Dir: true, PrevExist: client.PrevNoExist})
	return s.failWrite(OpMkdir, key, err)
}
