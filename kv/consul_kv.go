package kv

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/consulhttp"
)

// consulPutTries is how often Put reads and writes again because somebody else wrote in between.
const consulPutTries = 64

// Put implements Store. It keeps the key's flags and its lock.
func (s *Consul) Put(key string, value []byte, opts *WriteOptions) error {
	if err := s.CheckWrite(key, value); err != nil {
		return err
	}
	if opts != nil && opts.Ephemeral {
		_, err := s.putEphemeral(OpPut, key, value, opts.Heartbeat, nil)
		return err
	}
	name := consulKey(key)
	var err error
	for range consulPutTries {
		var old *api.KVPair
		if old, err = s.read(s.ctx, name); err != nil {
			return s.fail(OpPut, key, err)
		}
		if _, err = s.swap(s.ctx, old, &api.KVPair{Key: name, Value: value}); !consulConflicts(err) {
			break
		}
	}
	return s.failWrite(OpPut, key, err)
}

// Get implements Store. LastIndex is the key's ModifyIndex.
func (s *Consul) Get(key string) (*KVPair, error) {
	pair, err := s.readExisting(s.ctx, OpGet, key)
	if err != nil {
		return nil, err
	}
	return consulPair(pair), nil
}

// Exists implements Store.
func (s *Consul) Exists(key string) (bool, error) {
	_, err := s.readExisting(s.ctx, OpExists, key)
	if errors.Is(err, ErrKeyNotFound) {
		return false, nil
	}
	return err == nil, err
}

// List implements Store.
func (s *Consul) List(prefix string) ([]*KVPair, error) {
	dir := consulDir(prefix)
	pairs, head, err := s.snapshot(s.ctx, consulhttp.List{Dir: dir})
	if err != nil {
		return nil, s.fail(OpList, prefix, err)
	}
	if len(pairs) > 0 || dir == "" {
		return pairs, nil
	}
	there, err := s.anyOf(dir)
	switch {
	case err != nil:
		return nil, s.fail(OpList, prefix, err)
	case !there && head.Filtered:
		return nil, s.fail(OpList, prefix, ErrDenied)
	case !there:
		return nil, s.fail(OpList, prefix, ErrKeyNotFound)
	}
	return []*KVPair{}, nil
}

// snapshot returns all pairs below a directory, sorted by key, without the key l.Dir itself.
func (s *Consul) snapshot(ctx context.Context, l consulhttp.List) ([]*KVPair, consulhttp.Head, error) {
	pairs := []*KVPair{}
	head, err := s.eachPair(ctx, l, func(pair *api.KVPair) error {
		if pair.Key != l.Dir {
			pairs = append(pairs, consulPair(pair))
		}
		return nil
	})
	byKey := func(a, b *KVPair) int { return strings.Compare(a.Key, b.Key) }
	if !slices.IsSortedFunc(pairs, byKey) {
		slices.SortFunc(pairs, byKey)
	}
	return pairs, head, err
}

// Delete implements Store.
func (s *Consul) Delete(key string) error {
	name := consulKey(key)
	if err := consulCheckKey(name); err != nil {
		return s.fail(OpDelete, key, err)
	}
	// Consul deletes a missing key without an error, but reading one is an error.
	_, err := s.txn(s.ctx, &api.KVTxnOp{Verb: api.KVGet, Key: name}, &api.KVTxnOp{Verb: api.KVDelete, Key: name})
	return s.failWrite(OpDelete, key, err)
}

// DeleteTree implements Store, in one transaction.
func (s *Consul) DeleteTree(prefix string) error {
	dir := consulDir(prefix)
	if dir == "" {
		return s.fail(OpDeleteTree, prefix, withKind(ErrInvalidKey, errors.New("refusing to delete the whole store")))
	}
	if err := consulCheckKey(dir); err != nil {
		return s.fail(OpDeleteTree, prefix, err)
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
		return s.fail(OpDeleteTree, prefix, err)
	}
	ops := []*api.KVTxnOp{{Verb: api.KVDeleteTree, Key: dir}}
	if self := dir[:len(dir)-1]; self != "" && !alone {
		ops = append(ops, &api.KVTxnOp{Verb: api.KVDelete, Key: self})
	}
	_, err = s.txn(s.ctx, ops...)
	return s.failWrite(OpDeleteTree, prefix, err)
}

// MakeDirectory implements DirectoryMaker the way Consul's own user interface does: a folder is an
// empty key that ends in a slash.
func (s *Consul) MakeDirectory(ctx context.Context, key string) error {
	name := consulKey(strings.TrimSuffix(key, "/") + "/")
	if err := consulCheckKey(name); err != nil {
		return s.fail(OpMkdir, key, err)
	}
	_, err := s.swap(ctx, nil, &api.KVPair{Key: name, Value: []byte{}})
	return s.failWrite(OpMkdir, key, err)
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

// readExisting reads a key. If there is none, the error is ErrKeyNotFound.
func (s *Consul) readExisting(ctx context.Context, op Op, key string) (*api.KVPair, error) {
	name := consulKey(key)
	if err := consulCheckKey(name); err != nil {
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

// read returns a pair as it is now; nil if there is none.
func (s *Consul) read(ctx context.Context, name string) (*api.KVPair, error) {
	if !consulhttp.InURL(name) {
		return s.readByTxn(ctx, name)
	}
	pair, _, err := s.http.Get(ctx, name, 0)
	if consulRefusesURL(err) {
		return s.readByTxn(ctx, name)
	}
	return pair, err
}

// consulRefusesURL reports whether an agent refuses a key in a URL that it may accept in a
// transaction: which characters print depends on its version.
func consulRefusesURL(err error) bool {
	var status api.StatusError
	return errors.As(err, &status) && status.Code == http.StatusBadRequest
}

// readByTxn reads a key that no URL can carry. A transaction leaves out what may not be read,
// without an error.
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

// consulPair returns a pair of Consul's as this side knows it; nil for nil.
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
