package kv

import (
	"context"
	"errors"
	"math"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/wait"
)

// Get the value at "key", returns the last modified index to use in
// conjunction to CAS calls
func (s *EtcdV3) Get(key string) (*KVPair, error) {
	found, err := s.get(s.ctx, "get", key)
	if err != nil {
		return nil, err
	}
	return v3Pair(found), nil
}

// get reads one key, for op.
func (s *EtcdV3) get(ctx context.Context, op Op, key string) (*mvccpb.KeyValue, error) {
	if key == "" {
		return nil, s.fail(op, key, ErrInvalidKey, nil)
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	resp, err := s.client.Get(ctx, key)
	if err != nil {
		return nil, s.explain(op, key, err)
	}
	if len(resp.Kvs) == 0 {
		return nil, s.fail(op, key, ErrKeyNotFound, nil)
	}
	return resp.Kvs[0], nil
}

// v3Pair is a key of etcd as a pair; an empty value is not a nil one.
func v3Pair(kv *mvccpb.KeyValue) *KVPair {
	return &KVPair{Key: string(kv.Key), Value: notNil(kv.Value), LastIndex: uint64(kv.ModRevision)}
}

// Exists checks if the key exists inside the store
func (s *EtcdV3) Exists(key string) (bool, error) {
	_, err := s.get(s.ctx, "exists", key)
	if errors.Is(err, ErrKeyNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Put a value at "key". A key that is there keeps its lease, unless it is made
// ephemeral.
func (s *EtcdV3) Put(key string, value []byte, opts *WriteOptions) error {
	if err := s.CheckWrite(key, value); err != nil {
		return err
	}
	return s.withLease("put", key, opts, func(lease clientv3.LeaseID) error {
		if lease != clientv3.NoLease {
			put := clientv3.OpPut(key, string(value), clientv3.WithLease(lease))
			_, err := s.commit("put", key, nil, []clientv3.Op{put}, nil)
			return err
		}
		return s.putKeeping(key, string(value))
	})
}

// commit sends one small transaction that writes.
func (s *EtcdV3) commit(op Op, key string, conditions []clientv3.Cmp, then, otherwise []clientv3.Op) (*clientv3.TxnResponse, error) {
	ctx, cancel := s.request(s.ctx)
	defer cancel()
	return s.commitIn(ctx, op, key, conditions, then, otherwise)
}

// commitIn is commit in the time that ctx gives it.
func (s *EtcdV3) commitIn(ctx context.Context, op Op, key string, conditions []clientv3.Cmp, then, otherwise []clientv3.Op) (*clientv3.TxnResponse, error) {
	resp, err := s.doIn(ctx, op, key, clientv3.OpTxn(conditions, then, otherwise))
	if err != nil {
		return nil, err
	}
	return resp.Txn(), nil
}

// doIn sends one request that writes. An election is waited for.
func (s *EtcdV3) doIn(ctx context.Context, op Op, key string, request clientv3.Op) (clientv3.OpResponse, error) {
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
			return clientv3.OpResponse{}, s.explainWrite(op, key, etcdclient.LostContact(ctx, err), sent)
		}
		return resp, nil
	}
}

// AtomicPut put a value at "key" if the key has not been modified in the
// meantime, throws an error if this is the case
func (s *EtcdV3) AtomicPut(key string, value []byte, previous *KVPair, opts *WriteOptions) (bool, *KVPair, error) {
	if err := s.CheckWrite(key, value); err != nil {
		return false, nil, err
	}
	if previous != nil && !isRevision(previous.LastIndex) {
		pair, err := s.stale("atomicput", key)
		return false, pair, err
	}
	var resp *clientv3.TxnResponse
	err := s.withLease("atomicput", key, opts, func(lease clientv3.LeaseID) (err error) {
		resp, err = s.swap(key, value, previous, lease)
		return err
	})
	switch {
	case err != nil:
		return false, nil, err
	case resp.Succeeded:
		if value == nil {
			value = []byte{}
		}
		return true, &KVPair{Key: key, Value: value, LastIndex: uint64(resp.Header.Revision)}, nil
	}
	pair, err := s.conflict("atomicput", key, resp.Responses[0].GetResponseRange())
	if previous == nil && pair != nil {
		err = s.fail("atomicput", key, ErrKeyExists, nil)
	}
	return false, pair, err
}

// swap puts a value if the key is as in previous, or is not there when that is
// nil; else its answer tells what is there.
func (s *EtcdV3) swap(key string, value []byte, previous *KVPair, lease clientv3.LeaseID) (*clientv3.TxnResponse, error) {
	condition := clientv3.Compare(clientv3.CreateRevision(key), "=", 0)
	var options []clientv3.OpOption
	if previous != nil {
		condition = clientv3.Compare(clientv3.ModRevision(key), "=", int64(previous.LastIndex))
		options = append(options, clientv3.WithIgnoreLease())
	}
	if lease != clientv3.NoLease {
		options = []clientv3.OpOption{clientv3.WithLease(lease)}
	}
	return s.commit("atomicput", key, []clientv3.Cmp{condition},
		[]clientv3.Op{clientv3.OpPut(key, string(value), options...)},
		[]clientv3.Op{clientv3.OpGet(key)})
}

// conflict is the pair that is there, which came with the answer to a failed
// condition, and the error for it.
func (s *EtcdV3) conflict(op Op, key string, found *etcdserverpb.RangeResponse) (*KVPair, error) {
	if len(found.GetKvs()) == 0 {
		return nil, s.fail(op, key, ErrKeyNotFound, nil)
	}
	return v3Pair(found.Kvs[0]), s.fail(op, key, ErrKeyModified, nil)
}

// stale is conflict for an index that no key can have.
func (s *EtcdV3) stale(op Op, key string) (*KVPair, error) {
	found, err := s.get(s.ctx, op, key)
	if err != nil {
		return nil, err
	}
	return v3Pair(found), s.fail(op, key, ErrKeyModified, nil)
}

// isRevision reports whether a key can have index as its revision, which etcd
// counts in an int64.
func isRevision(index uint64) bool { return validToken(index) && index <= math.MaxInt64 }

// Delete a value at "key"
func (s *EtcdV3) Delete(key string) error {
	if key == "" {
		return s.fail("delete", key, ErrInvalidKey, nil)
	}
	resp, err := s.commit("delete", key, nil, []clientv3.Op{clientv3.OpDelete(key)}, nil)
	if err != nil {
		return err
	}
	if resp.Responses[0].GetResponseDeleteRange().GetDeleted() == 0 {
		return s.fail("delete", key, ErrKeyNotFound, nil)
	}
	return nil
}

// AtomicDelete deletes a value at "key" if the key has not been modified in
// the meantime, throws an error if this is the case
func (s *EtcdV3) AtomicDelete(key string, previous *KVPair) (bool, error) {
	switch {
	case key == "":
		return false, s.fail("atomicdelete", key, ErrInvalidKey, nil)
	case previous == nil:
		return false, s.fail("atomicdelete", key, ErrPreviousNotSpecified, nil)
	case !isRevision(previous.LastIndex):
		_, err := s.stale("atomicdelete", key)
		return false, err
	}
	resp, err := s.commit("atomicdelete", key,
		[]clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(key), "=", int64(previous.LastIndex))},
		[]clientv3.Op{clientv3.OpDelete(key)},
		[]clientv3.Op{clientv3.OpGet(key, clientv3.WithKeysOnly())})
	switch {
	case err != nil:
		return false, err
	case resp.Succeeded:
		return true, nil
	}
	_, err = s.conflict("atomicdelete", key, resp.Responses[0].GetResponseRange())
	return false, err
}

// DeleteTree deletes the key and all below it, in one transaction
func (s *EtcdV3) DeleteTree(prefix string) error {
	if prefix == "" {
		return s.fail("deletetree", prefix, ErrInvalidKey, errors.New("refusing to delete the whole store"))
	}
	dir := v3Dir(prefix)
	ops := []clientv3.Op{clientv3.OpDelete(dir, clientv3.WithPrefix())}
	if bare := dir[:len(dir)-1]; bare != "" {
		ops = append(ops, clientv3.OpDelete(bare))
	}
	ctx, cancel := s.long(s.ctx)
	defer cancel()
	resp, err := s.commitIn(ctx, "deletetree", prefix, nil, ops, nil)
	if err != nil {
		return err
	}
	var deleted int64
	for _, r := range resp.Responses {
		deleted += r.GetResponseDeleteRange().GetDeleted()
	}
	if deleted == 0 {
		return s.fail("deletetree", prefix, ErrKeyNotFound, nil)
	}
	return nil
}
