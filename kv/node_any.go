package kv

import (
	"context"
	"errors"
)

// ReadNodes is NodeReader's for any store. Where a store does not have that
// ability, a node is what Get and Meta say of it.
func ReadNodes(ctx context.Context, s Store, keys []string, see func(*Node)) (denied int, err error) {
	if r, ok := As[NodeReader](s); ok {
		return r.ReadNodes(ctx, keys, see)
	}
	for _, key := range keys {
		pair, err := s.Get(key)
		switch {
		case errors.Is(err, ErrDenied):
			denied++
		case isAnyOf(err, ErrKeyNotFound, ErrIsDirectory):
		case err != nil:
			return denied, err
		default:
			see(plainNode(ctx, s, pair))
		}
		if ctx.Err() != nil {
			return denied, ctx.Err()
		}
	}
	return denied, nil
}

// plainNode is the node of a pair, with what Meta says of it.
func plainNode(ctx context.Context, s Store, pair *KVPair) *Node {
	n := &Node{Key: pair.Key, Value: pair.Value, Index: pair.LastIndex}
	reader, ok := As[MetaReader](s)
	if !ok {
		return n
	}
	m, err := reader.Meta(ctx, pair.Key)
	if err != nil || m.Modified != 0 && m.Modified != pair.LastIndex {
		return n
	}
	n.Flags, n.Owner, n.TTL, n.Left, n.ACL = m.Flags, m.Owner, m.TTL, m.Left, m.ACL
	if m.Ephemeral {
		n.Type = EphemeralNode
	}
	return n
}

// WriteNodes is NodeWriter's for any store. Where a store does not have that
// ability, each write is a call of its own and keeps only values.
func WriteNodes(ctx context.Context, s Store, writes []Write, done func(i int, w Written)) error {
	if w, ok := As[NodeWriter](s); ok {
		return w.WriteNodes(ctx, writes, done)
	}
	for i := range writes {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w := writeNode(s, &writes[i])
		done(i, w)
		if isAnyOf(w.Err, ErrNotReachable, ErrClosed, ErrReadOnly, ErrUnrecorded, ErrOutcomeUnknown) {
			return w.Err
		}
	}
	return nil
}

// writeNode carries one write out by AtomicPut or AtomicDelete.
func writeNode(s Store, w *Write) Written {
	if w.After == nil {
		if w.Before == nil {
			return Written{Err: &Error{Op: OpWriteNodes, Key: w.Key, Kind: ErrPreviousNotSpecified}}
		}
		_, err := s.AtomicDelete(w.Key, w.Before.pair())
		return Written{Err: err}
	}
	_, pair, err := s.AtomicPut(w.Key, w.After.Value, w.Before.pair(), nil)
	if err != nil {
		return Written{Err: err}
	}
	return Written{Index: pair.LastIndex}
}

// Unkept is NodeWriter's for any store.
func Unkept(ctx context.Context, s Store, nodes []*Node) ([][]string, error) {
	if w, ok := As[NodeWriter](s); ok {
		return w.Unkept(ctx, nodes)
	}
	lost := make([][]string, len(nodes))
	for i, n := range nodes {
		lost[i] = n.metadata()
	}
	return lost, nil
}

// metadata returns words for what a node has besides its value.
func (n *Node) metadata() []string {
	var words []string
	for _, m := range []struct {
		has  bool
		word string
	}{
		{n.Flags != 0, "flags"},
		{n.Owner != "", "owner"},
		{n.TTL > 0, "TTL"},
		{len(n.ACL) > 0, "ACL"},
		{n.Type != PlainNode, n.Type.String() + " node"},
	} {
		if m.has {
			words = append(words, m.word)
		}
	}
	return words
}
