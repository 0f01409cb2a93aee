package kv

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/hashicorp/consul/api"
)

// putTries is how often Put reads and writes again because somebody else
// wrote in between.
const putTries = 64

// Put a value at "key"
func (s *Consul) Put(key string, value []byte, opts *WriteOptions) error {
	if err := s.CheckWrite(key, value); err != nil {
		return err
	}
	if opts != nil && opts.Ephemeral {
		_, err := s.putEphemeral("put", key, value, opts.Heartbeat, nil)
		return err
	}
	name := consulKey(key)
	var err error
	for range putTries {
		var old *api.KVPair
		if old, err = s.read(s.ctx, name); err != nil {
			return s.fail("put", key, err)
		}
		if _, err = s.swap(s.ctx, old, &api.KVPair{Key: name, Value: value}); !conflicts(err) {
			break
		}
	}
	return s.failWrite("put", key, err)
}

// Get the value at "key", returns the last modified index
// to use in conjunction to CAS calls
func (s *Consul) Get(key string) (*KVPair, error) {
	pair, err := s.must(s.ctx, "get", key)
	if err != nil {
		return nil, err
	}
	return consulPair(pair), nil
}

// must reads a key that is expected to be there.
func (s *Consul) must(ctx context.Context, op Op, key string) (*api.KVPair, error) {
	name := consulKey(key)
	if err := checkConsulKey(name); err != nil {
		return nil, s.fail(op, key, err)
	}
	pair, err := s.read(ctx, name)
	if err == nil && pair == nil {
		err = ErrKeyNotFound
	}
	if err != nil {
		return nil, s.fail(op, key, err)
	}
	return pair, nil
}

// Exists checks that the key exists inside the store
func (s *Consul) Exists(key string) (bool, error) {
	_, err := s.must(s.ctx, "exists", key)
	if errors.Is(err, ErrKeyNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Delete a value at "key"
func (s *Consul) Delete(key string) error {
	name := consulKey(key)
	if err := checkConsulKey(name); err != nil {
		return s.fail("delete", key, err)
	}
	// To delete a missing key is no error to Consul, to get it is one.
	_, err := s.txn(s.ctx, &api.KVTxnOp{Verb: api.KVGet, Key: name}, &api.KVTxnOp{Verb: api.KVDelete, Key: name})
	return s.failWrite("delete", key, err)
}

// DeleteTree deletes a range of keys based on prefix
func (s *Consul) DeleteTree(prefix string) error {
	dir := consulDir(prefix)
	if dir == "" {
		return s.fail("deletetree", prefix, withKind(ErrInvalidKey, errors.New("refusing to delete the whole store")))
	}
	if err := checkConsulKey(dir); err != nil {
		return s.fail("deletetree", prefix, err)
	}
	look, alone := s.anyOf, strings.HasSuffix(prefix, "/") // to "a/" the key "a" is a sibling
	if alone {
		look = func(dir string) (bool, error) { return s.anyBelow(s.ctx, dir) }
	}
	there, err := look(dir)
	if err == nil && !there {
		err = ErrKeyNotFound
	}
	if err != nil {
		return s.fail("deletetree", prefix, err)
	}
	ops := []*api.KVTxnOp{{Verb: api.KVDeleteTree, Key: dir}}
	if self := dir[:len(dir)-1]; self != "" && !alone {
		ops = append(ops, &api.KVTxnOp{Verb: api.KVDelete, Key: self})
	}
	_, err = s.txn(s.ctx, ops...)
	return s.failWrite("deletetree", prefix, err)
}

// anyOf reports whether there is anything below dir, or a key of its name.
func (s *Consul) anyOf(dir string) (bool, error) {
	below, err := s.anyBelow(s.ctx, dir)
	if err != nil || below {
		return below, err
	}
	self := dir[:len(dir)-1]
	if self == "" {
		return false, nil
	}
	pair, err := s.read(s.ctx, self)
	return pair != nil, err
}

// AtomicPut put a value at "key" if the key has not been
// modified in the meantime, throws an error if this is the case
func (s *Consul) AtomicPut(key string, value []byte, previous *KVPair, options *WriteOptions) (bool, *KVPair, error) {
	name := consulKey(key)
	if err := errors.Join(checkConsulKey(name), s.checkSize(name, value)); err != nil {
		return false, nil, s.fail("atomicput", key, err)
	}
	old, err := s.expected(s.ctx, name, previous)
	if err != nil {
		return false, consulPair(old), s.fail("atomicput", key, err)
	}
	if options != nil && options.Ephemeral {
		pair, err := s.putEphemeral("atomicput", key, value, options.Heartbeat, &consulExpected{old})
		return err == nil, pair, err
	}
	pair, err := s.swap(s.ctx, old, &api.KVPair{Key: name, Value: value})
	if err != nil {
		return false, nil, s.failWrite("atomicput", key, err)
	}
	return true, consulPair(pair), nil
}

// expected is the pair that is there, if it is the one that is expected: its
// flags are to be kept. It comes along with ErrKeyModified and ErrKeyExists.
func (s *Consul) expected(ctx context.Context, name string, previous *KVPair) (*api.KVPair, error) {
	if previous == nil {
		return nil, nil // the write will tell if it is there
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

// AtomicDelete deletes a value at "key" if the key has not
// been modified in the meantime, throws an error if this is the case
func (s *Consul) AtomicDelete(key string, previous *KVPair) (bool, error) {
	if previous == nil {
		return false, &Error{Op: "atomicdelete", Key: key, Server: s.transport.server(), Kind: ErrPreviousNotSpecified}
	}
	name := consulKey(key)
	if err := checkConsulKey(name); err != nil {
		return false, s.fail("atomicdelete", key, err)
	}
	if !validToken(previous.LastIndex) {
		if _, err := s.expected(s.ctx, name, previous); err != nil {
			return false, s.fail("atomicdelete", key, err)
		}
	}
	_, err := s.txn(s.ctx, consulDeleteOps(name, previous.LastIndex)...)
	return err == nil, s.failWrite("atomicdelete", key, err)
}

// consulDeleteTakes is how many operations consulDeleteOps are.
const consulDeleteTakes = 2

// consulDeleteOps delete a key if it still has index. The verb delete-cas
// would take a missing key for deleted.
func consulDeleteOps(name string, index uint64) []*api.KVTxnOp {
	return []*api.KVTxnOp{
		{Verb: api.KVCheckIndex, Key: name, Index: index},
		{Verb: api.KVDelete, Key: name},
	}
}

// read gets a pair as it is now; nil where there is none.
func (s *Consul) read(ctx context.Context, name string) (*api.KVPair, error) {
	if !inConsulURL(name) {
		return s.readByTxn(ctx, name)
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	ask := api.QueryOptions{RequireConsistent: true} // not what a new leader has yet to forget
	pair, _, err := s.client.KV().Get(name, ask.WithContext(ctx))
	if refusedURL(err) {
		return s.readByTxn(ctx, name)
	}
	return pair, err
}

// refusedURL reports whether an agent refuses a key in a URL that it may take
// in a transaction: which characters print depends on its age.
func refusedURL(err error) bool {
	var status api.StatusError
	return errors.As(err, &status) && status.Code == http.StatusBadRequest
}

// readByTxn gets a pair whose key no URL can carry. Where the right to read
// it is lacking, a transaction leaves it out without a word.
func (s *Consul) readByTxn(ctx context.Context, name string) (*api.KVPair, error) {
	pairs, err := s.txn(ctx, &api.KVTxnOp{Verb: api.KVGet, Key: name})
	switch {
	case errors.Is(err, ErrKeyNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case len(pairs) == 0:
		return nil, ErrDenied
	}
	return pairs[0], nil
}

// swap writes pair in the place of old (nil: of nothing), keeping old's
// flags, and gives what was written with its new index. With a Session the
// key is locked by it as well; else whoever holds it goes on holding it.
func (s *Consul) swap(ctx context.Context, old, pair *api.KVPair) (*api.KVPair, error) {
	if old != nil && pair.Flags == 0 {
		pair.Flags = old.Flags
	}
	if !s.fitsTxn(pair.Key, pair.Value) && inConsulURL(pair.Key) {
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

// conflicts reports whether a write failed because somebody else wrote.
func conflicts(err error) bool {
	return errors.Is(err, ErrKeyModified) || errors.Is(err, ErrKeyNotFound)
}

// consulPair is a pair of Consul's as this side knows it; nil stays nil.
func consulPair(pair *api.KVPair) *KVPair {
	if pair == nil {
		return nil
	}
	value := pair.Value
	if value == nil {
		value = []byte{}
	}
	return &KVPair{Key: consulGiven(pair.Key), Value: value, LastIndex: pair.ModifyIndex}
}
