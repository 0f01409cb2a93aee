package kv

import (
	"bytes"
	"context"
	"fmt"

	"github.com/hashicorp/consul/api"
)

// swapLarge is swap for a value too large for a transaction. To lock as well
// takes two steps then: the lock with what is there, and the value.
func (s *Consul) swapLarge(ctx context.Context, old, pair *api.KVPair) (*api.KVPair, error) {
	if pair.Session != "" {
		return s.lockLarge(ctx, old, pair)
	}
	given := *pair
	given.ModifyIndex = 0
	if old != nil {
		given.ModifyIndex = old.ModifyIndex
	}
	ok, err := s.cas(ctx, &given)
	if err != nil {
		return nil, err
	}
	now, err := s.read(ctx, pair.Key)
	switch {
	case ok && err == nil && now != nil && bytes.Equal(now.Value, pair.Value):
		return now, nil
	case ok: // somebody was quicker than the second trip: an index that matches nothing is the truth
		return &api.KVPair{Key: pair.Key, Value: pair.Value, Flags: pair.Flags}, nil
	case err != nil:
		return nil, err
	case old == nil:
		return nil, ErrKeyExists
	case now == nil:
		return nil, ErrKeyNotFound
	}
	return nil, ErrKeyModified
}

// cas puts a pair if its key has its index, 0 meaning that it is not there.
func (s *Consul) cas(ctx context.Context, pair *api.KVPair) (bool, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	ok, _, err := s.client.KV().CAS(pair, new(api.WriteOptions).WithContext(ctx))
	return ok, err
}

// lockLarge locks a key and then gives it a large value.
func (s *Consul) lockLarge(ctx context.Context, old, pair *api.KVPair) (*api.KVPair, error) {
	if old != nil && !s.fitsTxn(old.Key, old.Value) {
		return nil, withKind(ErrTooLarge, fmt.Errorf("a key of %d bytes cannot be locked", len(old.Value)))
	}
	claim := *pair
	claim.Value = nil
	if old != nil {
		claim.Value = old.Value
	}
	locked, err := s.swap(ctx, old, &claim)
	if err != nil {
		return nil, err
	}
	return s.swap(ctx, locked, &api.KVPair{Key: pair.Key, Value: pair.Value, Flags: pair.Flags})
}
