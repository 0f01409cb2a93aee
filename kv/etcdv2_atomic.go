package kv

import (
	"context"
	"fmt"
	"time"

	client "go.etcd.io/etcd/client/v2"
)

// AtomicPut implements Store. Onto a directory it is ErrIsDirectory, and
// without previous an ErrKeyExists as well.
func (s *Etcd) AtomicPut(key string, value []byte, previous *KVPair, options *WriteOptions) (bool, *KVPair, error) {
	path, err := s.checkWrite("atomicput", key, value)
	if err != nil {
		return false, nil, err
	}
	var ttl, heartbeat time.Duration
	if options != nil && options.Ephemeral {
		heartbeat = options.Heartbeat
		if ttl, err = s.ephemeralSeconds("atomicput", key); err != nil {
			return false, nil, err
		}
	}
	ctx, cancel := s.small(s.ctx)
	defer cancel()
	conditions, current, err := s.conditions(ctx, path, previous)
	if err != nil {
		return false, current, s.failRead("atomicput", key, err)
	}
	if ttl > 0 {
		conditions.TTL = ttl
	}
	node, err := s.set(ctx, path, value, conditions)
	if etcdCode(err) == client.ErrorCodeNodeExist {
		return false, nil, s.failExists(ctx, path, key, err)
	}
	if err != nil {
		return false, nil, s.fail("atomicput", key, err)
	}
	if ttl > 0 {
		s.keepEphemeral(path, node.CreatedIndex, ttl, heartbeat)
	}
	return true, &KVPair{Key: etcdKey(path), Value: append([]byte{}, value...), LastIndex: node.ModifiedIndex}, nil
}

// conditions are what AtomicPut demands of the server. With previous, the
// node is read first, for its TTL is to be kept; where it is another one
// already, that is the pair beside the error.
func (s *Etcd) conditions(ctx context.Context, path string, previous *KVPair) (*client.SetOptions, *KVPair, error) {
	if previous == nil {
		return &client.SetOptions{PrevExist: client.PrevNoExist}, nil, nil
	}
	node, err := s.unchanged(ctx, path, previous)
	switch {
	case node != nil && node.Dir:
		return nil, nil, ErrIsDirectory
	case node != nil && err != nil:
		return nil, etcdPair(node), err
	case err != nil:
		return nil, nil, err
	}
	return swapKeeping(node), nil, nil
}

// unchanged reads a node: ErrKeyModified, beside the node, when it is not the
// previous one. An index that matches nothing is found out here, since the
// server takes 0 for "any".
func (s *Etcd) unchanged(ctx context.Context, path string, previous *KVPair) (*client.Node, error) {
	node, _, err := s.node(ctx, path, false)
	if err != nil {
		return nil, err
	}
	if !validToken(previous.LastIndex) || node.ModifiedIndex != previous.LastIndex {
		return node, ErrKeyModified
	}
	return node, nil
}

// failExists says that a key to be created is there, and whether it is a
// directory, which is no matter of conflicting values.
func (s *Etcd) failExists(ctx context.Context, path, key string, cause error) error {
	if node, _, err := s.node(ctx, path, false); err == nil && node.Dir {
		return s.failAs("atomicput", key, ErrIsDirectory, fmt.Errorf("%w: %w", ErrKeyExists, cause))
	}
	return s.fail("atomicput", key, cause)
}

// AtomicDelete implements Store. The server compares the index of keys only.
// That of an empty directory is compared here, just before it is deleted.
func (s *Etcd) AtomicDelete(key string, previous *KVPair) (bool, error) {
	path, err := s.checkKey("atomicdelete", key)
	if err != nil {
		return false, err
	}
	if previous == nil {
		return false, s.failAs("atomicdelete", key, ErrPreviousNotSpecified, nil)
	}
	ctx, cancel := s.small(s.ctx)
	defer cancel()
	if err := s.removeIf(ctx, path, previous); err != nil {
		return false, s.failRead("atomicdelete", key, err)
	}
	return true, nil
}

// removeIf deletes a key, or an empty directory, if it is the previous one.
func (s *Etcd) removeIf(ctx context.Context, path string, previous *KVPair) error {
	if validToken(previous.LastIndex) {
		err := s.remove(ctx, path, &client.DeleteOptions{PrevIndex: previous.LastIndex})
		if etcdCode(err) != client.ErrorCodeNotFile {
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
