package kv

import (
	"go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// AtomicPut implements Store. Without options, a key that is replaced keeps its lease.
func (s *EtcdV3) AtomicPut(key string, value []byte, previous *KVPair, options *WriteOptions) (bool, *KVPair, error) {
	if err := s.CheckWrite(key, value); err != nil {
		return false, nil, err
	}
	if previous != nil && !v3IsRevision(previous.LastIndex) {
		pair, err := s.stale(OpAtomicPut, key)
		return false, pair, err
	}
	var resp *clientv3.TxnResponse
	err := s.withLease(OpAtomicPut, key, options, func(lease clientv3.LeaseID) (err error) {
		resp, err = s.swap(key, value, previous, lease)
		return err
	})
	switch {
	case err != nil:
		return false, nil, err
	case resp.Succeeded:
		return true, &KVPair{Key: key, Value: v3NotNil(value), LastIndex: uint64(resp.Header.Revision)}, nil
	}
	pair, err := s.conflict(OpAtomicPut, key, resp.Responses[0].GetResponseRange())
	if previous == nil && pair != nil {
		err = s.fail(OpAtomicPut, key, ErrKeyExists)
	}
	return false, pair, err
}

// swap puts a value if the key is as in previous, or if it is not there when previous is nil.
// Otherwise the answer holds what is there.
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
	return s.commit(OpAtomicPut, key, []clientv3.Cmp{condition},
		[]clientv3.Op{clientv3.OpPut(key, string(value), options...)},
		[]clientv3.Op{clientv3.OpGet(key)})
}

// conflict returns the pair that came with the answer to a failed condition, and the error for it.
func (s *EtcdV3) conflict(op Op, key string, found *etcdserverpb.RangeResponse) (*KVPair, error) {
	if len(found.GetKvs()) == 0 {
		return nil, s.fail(op, key, ErrKeyNotFound)
	}
	return v3Pair(found.Kvs[0]), s.fail(op, key, ErrKeyModified)
}

// stale is conflict for an index that no key can have.
func (s *EtcdV3) stale(op Op, key string) (*KVPair, error) {
	found, err := s.get(s.ctx, op, key)
	if err != nil {
		return nil, err
	}
	return v3Pair(found), s.fail(op, key, ErrKeyModified)
}

// AtomicDelete implements Store.
func (s *EtcdV3) AtomicDelete(key string, previous *KVPair) (bool, error) {
	switch {
	case key == "":
		return false, s.fail(OpAtomicDelete, key, ErrInvalidKey)
	case previous == nil:
		return false, s.fail(OpAtomicDelete, key, ErrPreviousNotSpecified)
	case !v3IsRevision(previous.LastIndex):
		_, err := s.stale(OpAtomicDelete, key)
		return false, err
	}
	resp, err := s.commit(OpAtomicDelete, key,
		[]clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(key), "=", int64(previous.LastIndex))},
		[]clientv3.Op{clientv3.OpDelete(key)},
		[]clientv3.Op{clientv3.OpGet(key, clientv3.WithKeysOnly())})
	switch {
	case err != nil:
		return false, err
	case resp.Succeeded:
		return true, nil
	}
	_, err = s.conflict(OpAtomicDelete, key, resp.Responses[0].GetResponseRange())
	return false, err
}
