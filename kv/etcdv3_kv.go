package kv

import (
	"cmp"
	"context"
	"errors"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/wait"
)

const (
	// v3LeaderPatience is how long a write waits for an election, which takes about a second.
	v3LeaderPatience = 1500 * time.Millisecond
	// v3BothMost is the size, in bytes, up to which a value is sent twice in one request: for a key
	// that is there and for one that is not. A larger one is sent once, after asking which it is.
	v3BothMost = 64 << 10
	// v3PutTries is how often Put asks that while others create and delete the key.
	v3PutTries = 5
)

// Get implements Store.
func (s *EtcdV3) Get(key string) (*KVPair, error) {
	found, err := s.get(s.ctx, OpGet, key)
	if err != nil {
		return nil, err
	}
	return v3Pair(found), nil
}

// get reads one key.
func (s *EtcdV3) get(ctx context.Context, op Op, key string) (*mvccpb.KeyValue, error) {
	if key == "" {
		return nil, s.fail(op, key, ErrInvalidKey)
	}
	found, err := s.at(ctx, key, 0)
	switch {
	case err != nil:
		return nil, s.fail(op, key, err)
	case found == nil:
		return nil, s.fail(op, key, ErrKeyNotFound)
	}
	return found, nil
}

// at reads one key as it was at a revision, 0 for the one that the store reads. It returns nil if
// there was none. The error is the client's.
func (s *EtcdV3) at(ctx context.Context, key string, revision int64) (*mvccpb.KeyValue, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	resp, err := s.client.Get(ctx, key, clientv3.WithRev(cmp.Or(revision, s.past)))
	if err != nil || len(resp.Kvs) == 0 {
		return nil, err
	}
	return resp.Kvs[0], nil
}

// Exists implements Store.
func (s *EtcdV3) Exists(key string) (bool, error) {
	_, err := s.get(s.ctx, OpExists, key)
	if errors.Is(err, ErrKeyNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Put implements Store. A key that is there keeps its lease, unless options make it ephemeral.
func (s *EtcdV3) Put(key string, value []byte, options *WriteOptions) error {
	if err := s.CheckWrite(key, value); err != nil {
		return err
	}
	return s.withLease(OpPut, key, options, func(lease clientv3.LeaseID) error {
		if lease != clientv3.NoLease {
			_, err := s.commit(OpPut, key, nil, []clientv3.Op{clientv3.OpPut(key, string(value), clientv3.WithLease(lease))}, nil)
			return err
		}
		return s.putKeeping(key, string(value))
	})
}

// putKeeping puts a value, and leaves a key that is there its lease.
func (s *EtcdV3) putKeeping(key, value string) error {
	if len(value) <= v3BothMost {
		_, err := s.commit(OpPut, key,
			[]clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(key), ">", 0)},
			[]clientv3.Op{clientv3.OpPut(key, value, clientv3.WithIgnoreLease())},
			[]clientv3.Op{clientv3.OpPut(key, value)})
		if !errors.Is(err, ErrDenied) {
			return err
		}
	}
	for range v3PutTries {
		there, err := s.isThere(key)
		switch {
		case errors.Is(err, ErrDenied):
			return s.putUnseen(key, value)
		case err != nil:
			return err
		}
		done, err := s.putAs(key, value, there)
		if done || err != nil {
			return err
		}
	}
	return s.fail(OpPut, key, withKind(ErrKeyModified, errors.New("others create and delete it all the time")))
}

// isThere reports whether a key is there, for a put.
func (s *EtcdV3) isThere(key string) (bool, error) {
	ctx, cancel := s.request(s.ctx)
	defer cancel()
	resp, err := s.client.Get(ctx, key, clientv3.WithCountOnly())
	if err != nil {
		return false, s.fail(OpPut, key, err)
	}
	return resp.Count > 0, nil
}

// putAs puts a value at a key that is there, or at one that is not, and reports whether that was
// so. The conditions take a few bytes of the request: if it is too large with them, they are left
// out.
func (s *EtcdV3) putAs(key, value string, there bool) (done bool, err error) {
	if there {
		done, err := s.putExisting(key, value)
		if !errors.Is(err, ErrTooLarge) {
			return done, err
		}
		found, getErr := s.get(s.ctx, OpPut, key)
		if getErr != nil || found.Lease != 0 {
			return false, err
		}
		return true, s.putPlain(key, value)
	}
	resp, err := s.commit(OpPut, key,
		[]clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(key), "=", 0)},
		[]clientv3.Op{clientv3.OpPut(key, value)}, nil)
	if errors.Is(err, ErrTooLarge) {
		return true, s.putPlain(key, value)
	}
	return err == nil && resp.Succeeded, err
}

// putUnseen puts a value for a user who may not read whether the key is there.
func (s *EtcdV3) putUnseen(key, value string) error {
	done, err := s.putExisting(key, value)
	if done || err != nil {
		return err
	}
	return s.putPlain(key, value)
}

// putExisting puts a value if the key is there, and reports whether it was.
func (s *EtcdV3) putExisting(key, value string) (done bool, err error) {
	err = s.putPlain(key, value, clientv3.WithIgnoreLease())
	if errors.Is(err, rpctypes.ErrKeyNotFound) {
		return false, nil
	}
	return err == nil, err
}

// putPlain puts a value without a condition.
func (s *EtcdV3) putPlain(key, value string, options ...clientv3.OpOption) error {
	ctx, cancel := s.request(s.ctx)
	defer cancel()
	_, err := s.write(ctx, OpPut, key, clientv3.OpPut(key, value, options...))
	return err
}

// commit sends a small transaction that writes.
func (s *EtcdV3) commit(op Op, key string, conditions []clientv3.Cmp, then, otherwise []clientv3.Op) (*clientv3.TxnResponse, error) {
	ctx, cancel := s.request(s.ctx)
	defer cancel()
	return s.commitIn(ctx, op, key, conditions, then, otherwise)
}

// commitIn is commit in the time that ctx gives it.
func (s *EtcdV3) commitIn(ctx context.Context, op Op, key string, conditions []clientv3.Cmp, then, otherwise []clientv3.Op) (*clientv3.TxnResponse, error) {
	resp, err := s.write(ctx, op, key, clientv3.OpTxn(conditions, then, otherwise))
	if err != nil {
		return nil, err
	}
	return resp.Txn(), nil
}

// write sends one request that writes. It waits for an election.
func (s *EtcdV3) write(ctx context.Context, op Op, key string, request clientv3.Op) (clientv3.OpResponse, error) {
	ctx, sent := etcdclient.CountSent(ctx)
	if err := s.alive(op, key); err != nil {
		return clientv3.OpResponse{}, err
	}
	for began := time.Now(); ; {
		resp, err := s.client.Do(ctx, request)
		if errors.Is(err, rpctypes.ErrNoLeader) && time.Since(began) < v3LeaderPatience && wait.Sleep(ctx, wait.Shortest) == nil {
			continue // nothing was written
		}
		if err != nil {
			return clientv3.OpResponse{}, s.failSent(op, key, etcdclient.LostContact(ctx, err), sent)
		}
		return resp, nil
	}
}

// List implements Store. It reads all keys and values at one revision.
func (s *EtcdV3) List(prefix string) ([]*KVPair, error) {
	dir := v3Dir(prefix)
	var pairs []*KVPair
	found := false
	listing := etcdlist.Listing{Reader: s.reader, Page: func(kvs []*mvccpb.KeyValue, _ bool) error {
		for _, kv := range kvs {
			found = true
			if v3IsShown(dir, string(kv.Key)) {
				pairs = append(pairs, v3Pair(kv))
			}
		}
		return nil
	}}
	if _, err := listing.Run(s.ctx, etcdlist.DirSpan(dir)); err != nil {
		return nil, s.failRange(s.ctx, OpList, prefix, err)
	}
	if found || dir == "" {
		return pairs, nil
	}
	// There is nothing below it. It may be a key that is no directory.
	_, err := s.get(s.ctx, OpList, dir[:len(dir)-1])
	return nil, err
}

// Delete implements Store.
func (s *EtcdV3) Delete(key string) error {
	if key == "" {
		return s.fail(OpDelete, key, ErrInvalidKey)
	}
	resp, err := s.commit(OpDelete, key, nil, []clientv3.Op{clientv3.OpDelete(key)}, nil)
	if err != nil {
		return err
	}
	if resp.Responses[0].GetResponseDeleteRange().GetDeleted() == 0 {
		return s.fail(OpDelete, key, ErrKeyNotFound)
	}
	return nil
}

// DeleteTree implements Store. It deletes everything in one transaction.
func (s *EtcdV3) DeleteTree(prefix string) error {
	if prefix == "" {
		return s.fail(OpDeleteTree, prefix, withKind(ErrInvalidKey, errors.New("refusing to delete the whole store")))
	}
	dir := v3Dir(prefix)
	ops := []clientv3.Op{clientv3.OpDelete(dir, clientv3.WithPrefix())}
	if bare := dir[:len(dir)-1]; bare != "" {
		ops = append(ops, clientv3.OpDelete(bare))
	}
	ctx, cancel := s.long(s.ctx)
	defer cancel()
	resp, err := s.commitIn(ctx, OpDeleteTree, prefix, nil, ops, nil)
	if err != nil {
		return err
	}
	var deleted int64
	for _, r := range resp.Responses {
		deleted += r.GetResponseDeleteRange().GetDeleted()
	}
	if deleted == 0 {
		return s.fail(OpDeleteTree, prefix, ErrKeyNotFound)
	}
	return nil
}
