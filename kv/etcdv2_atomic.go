package kv

import (
	"context"
	"fmt"
	"time"

	client "go.etcd.io/etcd/client/v2"

	"kvist/kv/internal/etcdv2"
)

// AtomicPut implements Store. Onto a directory it is ErrIsDirectory, and without previous an
// ErrKeyExists as well.
func (s *Etcd) AtomicPut(key string, value []byte, previous *KVPair, options *WriteOptions) (bool, *KVPair, error) {
	path, err := s.checkWrite(OpAtomicPut, key, value)
	if err != nil {
		return false, nil, err
	}
	var ttl, heartbeat time.Duration
	if options != nil && options.Ephemeral {
		heartbeat = options.Heartbeat
		if ttl, err = s.ephemeralSeconds(OpAtomicPut, key); err != nil {
			return false, nil, err
		}
	}
	ctx, cancel := s.request(s.ctx)
	defer cancel()
	conditions, current, err := s.conditions(ctx, path, previous)
	if err != nil {
		return false, current, s.fail(OpAtomicPut, key, v2Absent(err))
	}
	if ttl > 0 {
		conditions.TTL = ttl
	}
	node, err := s.cluster.Set(ctx, path, value, conditions)
	if etcdv2.Code(err) == client.ErrorCodeNodeExist {
		return false, nil, s.failExists(ctx, path, key, err)
	}
	if err != nil {
		return false, nil, s.failWrite(OpAtomicPut, key, err)
	}
	if ttl > 0 {
		s.keepEphemeral(path, node.CreatedIndex, ttl, heartbeat)
	}
	return true, &KVPair{Key: etcdv2.Key(path), Value: append([]byte{}, value...), LastIndex: node.ModifiedIndex}, nil
}

// conditions returns what AtomicPut demands of the server. With previous, the node is read first
// to keep its TTL. If it is another one already, its pair comes with the error.
func (s *Etcd) conditions(ctx context.Context, path string, previous *KVPair) (*client.SetOptions, *KVPair, error) {
	if previous == nil {
		return &client.SetOptions{PrevExist: client.PrevNoExist}, nil, nil
	}
	node, err := s.unchanged(ctx, path, previous)
	switch {
	case node != nil && node.Dir:
		return nil, nil, ErrIsDirectory
	case node != nil && err != nil:
		return nil, v2Pair(node), err
	case err != nil:
		return nil, nil, err
	}
	return v2SwapKeeping(node), nil, nil
}

// unchanged reads a node. If it is not the previous one, the error is ErrKeyModified, and the node
// comes with it. An index that matches nothing is found here, since the server takes 0 for any
// index.
func (s *Etcd) unchanged(ctx context.Context, path string, previous *KVPair) (*client.Node, error) {
	node, _, err := s.cluster.Get(ctx, path)
	if err != nil {
		return nil, unsent(err)
	}
	if !validToken(previous.LastIndex) || node.ModifiedIndex != previous.LastIndex {
		return node, ErrKeyModified
	}
	return node, nil
}

// failExists returns the error for a key that was not created since it is there. If it is a
// directory, the error says so: then no values conflict.
func (s *Etcd) failExists(ctx context.Context, path, key string, cause error) error {
	if node, _, err := s.cluster.Get(ctx, path); err == nil && node.Dir {
		return s.fail(OpAtomicPut, key, withKind(ErrIsDirectory, fmt.Errorf("%w: %w", ErrKeyExists, cause)))
	}
	return s.failWrite(OpAtomicPut, key, cause)
}

// AtomicDelete implements Store. The server compares the index of keys only. That of an empty
// directory is compared here, just before the directory is deleted.
func (s *Etcd) AtomicDelete(key string, previous *KVPair) (bool, error) {
	path, err := s.checkKey(OpAtomicDelete, key)
	if err != nil {
		return false, err
	}
	if previous == nil {
		return false, s.fail(OpAtomicDelete, key, ErrPreviousNotSpecified)
	}
	ctx, cancel := s.request(s.ctx)
	defer cancel()
	if err := s.removeIf(ctx, path, previous); err != nil {
		return false, s.failWrite(OpAtomicDelete, key, v2Absent(err))
	}
	return true, nil
}

// removeIf deletes a key, or an empty directory, if it is the previous one.
func (s *Etcd) removeIf(ctx context.Context, path string, previous *KVPair) error {
	if validToken(previous.LastIndex) {
		err := s.cluster.Delete(ctx, path, &client.DeleteOptions{PrevIndex: previous.LastIndex})
		if etcdv2.Code(err) != client.ErrorCodeNotFile {
			return err
		}
	}
	node, err := s.unchanged(ctx, path, previous)
	if err != nil {
		return err
	}
	if !node.Dir { // it was a directory a moment ago
		return ErrKeyModified
	}
	return s.removeOne(ctx, path)
}
