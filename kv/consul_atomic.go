package kv

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/consulhttp"
)

// AtomicPut implements Store.
func (s *Consul) AtomicPut(key string, value []byte, previous *KVPair, options *WriteOptions) (bool, *KVPair, error) {
	name := consulKey(key)
	if err := errors.Join(consulCheckKey(name), s.checkSize(name, value)); err != nil {
		return false, nil, s.fail(OpAtomicPut, key, err)
	}
	old, err := s.expected(s.ctx, name, previous)
	if err != nil {
		return false, consulPair(old), s.fail(OpAtomicPut, key, err)
	}
	if options != nil && options.Ephemeral {
		pair, err := s.putEphemeral(OpAtomicPut, key, value, options.Heartbeat, &consulExpected{old})
		return err == nil, pair, err
	}
	pair, err := s.swap(s.ctx, old, &api.KVPair{Key: name, Value: value})
	if err != nil {
		return false, nil, s.failWrite(OpAtomicPut, key, err)
	}
	return true, consulPair(pair), nil
}

// expected returns the pair that is there, whose flags are to be kept, if it is the expected one.
// Otherwise the error is ErrKeyModified, with the pair, or ErrKeyNotFound. Where nothing is
// expected, it leaves it to the write to find out.
func (s *Consul) expected(ctx context.Context, name string, previous *KVPair) (*api.KVPair, error) {
	if previous == nil {
		return nil, nil
	}
	old, err := s.read(ctx, name)
	switch {
	case err != nil:
		return nil, err
	case old == nil:
		return nil, ErrKeyNotFound
	case !validToken(previous.LastIndex), old.ModifyIndex != previous.LastIndex:
		return old, ErrKeyModified
	}
	return old, nil
}

// AtomicDelete implements Store.
func (s *Consul) AtomicDelete(key string, previous *KVPair) (bool, error) {
	if previous == nil {
		return false, s.fail(OpAtomicDelete, key, ErrPreviousNotSpecified)
	}
	name := consulKey(key)
	if err := consulCheckKey(name); err != nil {
		return false, s.fail(OpAtomicDelete, key, err)
	}
	if !validToken(previous.LastIndex) {
		if _, err := s.expected(s.ctx, name, previous); err != nil {
			return false, s.fail(OpAtomicDelete, key, err)
		}
	}
	_, err := s.txn(s.ctx, consulDeleteOps(name, previous.LastIndex)...)
	return err == nil, s.failWrite(OpAtomicDelete, key, err)
}

// consulDeleteTakes is how many operations consulDeleteOps returns.
const consulDeleteTakes = 2

// consulDeleteOps returns the operations that delete a key if it still has index. The verb
// delete-cas would report a missing key as deleted.
func consulDeleteOps(name string, index uint64) []*api.KVTxnOp {
	return []*api.KVTxnOp{
		{Verb: api.KVCheckIndex, Key: name, Index: index},
		{Verb: api.KVDelete, Key: name},
	}
}

// txn carries out operations all or none, and returns the pairs that they left. A conflict is a
// consulTxnError.
func (s *Consul) txn(ctx context.Context, ops ...*api.KVTxnOp) ([]*api.KVPair, error) {
	pairs, err := s.http.Txn(ctx, ops...)
	var conflict consulhttp.TxnError
	if errors.As(err, &conflict) {
		err = consulTxnError{conflict}
	}
	return pairs, err
}

// consulConflicts reports whether a write failed because somebody else wrote.
func consulConflicts(err error) bool {
	return errors.Is(err, ErrKeyModified) || errors.Is(err, ErrKeyNotFound)
}

// swap writes pair in place of old, or where nothing is if that is nil. It keeps old's flags, and
// returns what was written with its new index. With a Session it also locks the key; otherwise the
// key's holder goes on holding it.
func (s *Consul) swap(ctx context.Context, old, pair *api.KVPair) (*api.KVPair, error) {
	if old != nil && pair.Flags == 0 {
		pair.Flags = old.Flags
	}
	if !s.http.FitsTxn(pair.Key, pair.Value) && consulhttp.InURL(pair.Key) {
		return s.swapLarge(ctx, old, pair)
	}
	write := &api.KVTxnOp{Verb: api.KVSet, Key: pair.Key, Value: pair.Value, Flags: pair.Flags, Session: pair.Session}
	if pair.Session != "" {
		write.Verb = api.KVLock
	}
	check := &api.KVTxnOp{Verb: api.KVCheckNotExists, Key: pair.Key}
	if old != nil {
		check.Verb, check.Index = api.KVCheckIndex, old.ModifyIndex
	}
	left, err := s.txn(ctx, check, write)
	if err != nil {
		return nil, err
	}
	if len(left) == 0 { // no right to read what was written
		return &api.KVPair{Key: pair.Key, Value: pair.Value}, nil
	}
	written := *left[len(left)-1]
	written.Value = pair.Value
	return &written, nil
}

// swapLarge is swap for a value too large for a transaction. To lock as well takes two steps: the
// lock with the value that is there, and then the new value.
func (s *Consul) swapLarge(ctx context.Context, old, pair *api.KVPair) (*api.KVPair, error) {
	if pair.Session != "" {
		return s.lockLarge(ctx, old, pair)
	}
	given := *pair
	given.ModifyIndex = 0
	if old != nil {
		given.ModifyIndex = old.ModifyIndex
	}
	ok, err := s.http.CAS(ctx, &given)
	if err != nil {
		return nil, err
	}
	now, err := s.read(ctx, pair.Key)
	switch {
	case ok && err == nil && now != nil && bytes.Equal(now.Value, pair.Value):
		return now, nil
	case ok: // somebody wrote before the second request: an index that matches nothing is the truth
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

// lockLarge locks a key and then gives it a large value.
func (s *Consul) lockLarge(ctx context.Context, old, pair *api.KVPair) (*api.KVPair, error) {
	if old != nil && !s.http.FitsTxn(old.Key, old.Value) {
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
