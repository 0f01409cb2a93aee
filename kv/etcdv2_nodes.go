package kv

import (
	"context"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/etcdv2"
)

// ReadNodes implements NodeReader by single reads, some at a time. The API gives what is left of a
// TTL but not what was granted; TTL and Left are both what is left.
func (s *Etcd) ReadNodes(ctx context.Context, keys []string, see func(*Node)) (int, error) {
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
