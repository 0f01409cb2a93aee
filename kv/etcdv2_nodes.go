package kv

import (
	"context"
	"errors"
	"path"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/etcdv2"
)

const (
	// v2Together is how many keys of one directory are read together, by one request, if it has at
	// most v2Others times as many and v2TogetherBytes of values. Each read is an entry in the log of
	// the cluster.
	v2Together      = 32
	v2Others        = 8
	v2TogetherBytes = 32 << 20
)

// errV2Large ends the listing of a directory that is too large to be read whole.
var errV2Large = errors.New("the directory is too large to be read at once")

// ReadNodes implements NodeReader: many keys of one directory by one read, the others by one each,
// some at a time. The API gives what is left of a TTL but not what was granted; TTL and Left are
// both what is left.
func (s *Etcd) ReadNodes(ctx context.Context, keys []string, see func(*Node)) (int, error) {
	keys, err := s.readTogether(ctx, keys, see)
	if err != nil {
		return 0, err
	}
	return readEach(ctx, keys, nodeWidth, see, func(ctx context.Context, key string) (*Node, error) {
		path, err := s.checkKey(OpReadNodes, key)
		if err != nil {
			return nil, err
		}
		ctx, cancel := s.request(ctx)
		defer cancel()
		node, _, err := s.cluster.Get(ctx, path)
		if err != nil {
			return nil, s.fail(OpReadNodes, key, v2Absent(err))
		}
		return v2Whole(node), nil
	})
}

// readTogether reads directories of which there are many keys, and returns the keys that are still
// to be read.
func (s *Etcd) readTogether(ctx context.Context, keys []string, see func(*Node)) (rest []string, err error) {
	in := map[string]map[string]string{} // the keys of each directory, by path
	for _, key := range keys {
		at, err := s.checkKey(OpReadNodes, key)
		if err != nil {
			return nil, err
		}
		dir := path.Dir(at)
		if in[dir] == nil {
			in[dir] = map[string]string{}
		}
		in[dir][at] = key
	}
	for dir, wanted := range in {
		nodes, whole := []*client.Node(nil), false
		if len(wanted) >= v2Together {
			nodes, whole = s.readDirectory(ctx, dir, v2Others*len(wanted))
		}
		for _, n := range nodes {
			if _, ok := wanted[n.Key]; ok {
				see(v2Whole(n))
				delete(wanted, n.Key)
			}
		}
		for at, key := range wanted {
			if !whole || v2IsHidden(path.Base(at)) { // a listing leaves these out
				rest = append(rest, key)
			}
		}
	}
	return rest, ctx.Err()
}

// readDirectory reads what is directly in a directory, if that is at most so many nodes. It reports
// whether nothing else is in it. Each key meets the error, if there is one, by itself.
func (s *Etcd) readDirectory(ctx context.Context, dir string, most int) (nodes []*client.Node, whole bool) {
	ctx, cancel := s.long(ctx)
	defer cancel()
	count, bytes := 0, 0
	_, err := s.cluster.List(ctx, dir, false, func(e etcdv2.Entry) error {
		count, bytes = count+1, bytes+e.Size
		if count > most || bytes > v2TogetherBytes {
			return errV2Large
		}
		return nil
	})
	if err != nil {
		return nil, etcdv2.IsMissing(err)
	}
	node, _, err := s.cluster.Get(ctx, dir)
	switch {
	case err != nil:
		return nil, etcdv2.IsMissing(err)
	case !node.Dir: // a key has nothing below it
		return nil, true
	}
	return node.Nodes, true
}

// v2Whole returns all that is known of a node.
func v2Whole(n *client.Node) *Node {
	pair := v2Pair(n)
	whole := &Node{Key: pair.Key, Value: pair.Value, Index: pair.LastIndex, TTL: v2TTL(n), Left: v2TTL(n)}
	if n.Dir {
		whole.Type = DirectoryNode
	}
	return whole
}

// WriteNodes implements NodeWriter. The API has no transactions: each write is a request.
func (s *Etcd) WriteNodes(ctx context.Context, writes []Write, done func(int, Written)) error {
	return writeEach(ctx, writes, func(ctx context.Context, w *Write) Written {
		if w.After == nil {
			_, err := s.AtomicDelete(w.Key, w.Before.pair())
			return Written{Err: err}
		}
		node, err := s.writeWhole(ctx, w)
		if err != nil {
			return Written{Err: s.failWrite(OpWriteNodes, w.Key, v2Absent(err))}
		}
		return Written{Index: node.ModifiedIndex}
	}, done)
}

// writeWhole creates or replaces a key with its TTL, or creates a directory.
func (s *Etcd) writeWhole(ctx context.Context, w *Write) (*client.Node, error) {
	path, err := s.checkWrite(OpWriteNodes, w.Key, w.After.Value)
	if err != nil {
		return nil, err
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	options := &client.SetOptions{PrevExist: client.PrevNoExist, TTL: w.After.TTL}
	switch {
	case w.After.Type == DirectoryNode:
		options.Dir = true
	case w.Before != nil && !validToken(w.Before.Index):
		return nil, unsent(ErrKeyModified) // the server takes 0 for any index
	case w.Before != nil:
		options.PrevExist, options.PrevIndex = client.PrevExist, w.Before.Index
	}
	node, err := s.cluster.Set(ctx, path, w.After.Value, options)
	if etcdv2.Code(err) == client.ErrorCodeNodeExist {
		return nil, s.failExists(ctx, path, w.Key, err)
	}
	return node, err
}

// Unkept implements NodeWriter. A TTL begins anew, with what was left when it was read.
func (s *Etcd) Unkept(_ context.Context, nodes []*Node) ([][]string, error) {
	lost := make([][]string, len(nodes))
	for i, n := range nodes {
		plain := *n
		plain.TTL = 0
		if n.Type == DirectoryNode {
			plain.Type = PlainNode
		}
		lost[i] = plain.metadata()
		if n.TTL > 0 {
			lost[i] = append(lost[i], "TTL that was granted; what was left of it begins anew")
		}
	}
	return lost, nil
}
