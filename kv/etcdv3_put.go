package kv

import (
	"errors"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// v3BothMost is up to which size a value is sent twice in one request,
	// for a key that is there and for one that is not. A larger one is sent
	// once, when it is known which of the two it is.
	v3BothMost = 64 << 10
	// v3PutTries is how often that is looked for while others create and
	// delete the key.
	v3PutTries = 5
)

// putKeeping puts a value so that a key that is there keeps its lease.
func (s *EtcdV3) putKeeping(key, value string) error {
	if len(value) <= v3BothMost {
		_, err := s.commit("put", key,
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
			return s.putBlind(key, value)
		case err != nil:
			return err
		}
		done, err := s.putAs(key, value, there)
		if done || err != nil {
			return err
		}
	}
	return s.fail("put", key, ErrKeyModified, errors.New("others create and delete it all the time"))
}

// isThere reports whether there is a key, for a put.
func (s *EtcdV3) isThere(key string) (bool, error) {
	ctx, cancel := s.request(s.ctx)
	defer cancel()
	resp, err := s.client.Get(ctx, key, clientv3.WithCountOnly())
	if err != nil {
		return false, s.explain("put", key, err)
	}
	return resp.Count > 0, nil
}

// putAs puts a value at a key that is there, or at one that is not; not done
// where that is not so. The conditions take a few bytes of the request: where
// the server takes the value just without them, it gets it so.
func (s *EtcdV3) putAs(key, value string, there bool) (done bool, err error) {
	if there {
		done, err := s.putExisting(key, value)
		if !errors.Is(err, ErrTooLarge) {
			return done, err
		}
		found, getErr := s.get(s.ctx, "put", key)
		if getErr != nil || found.Lease != 0 {
			return false, err
		}
		return true, s.putPlain(key, value)
	}
	resp, err := s.commit("put", key,
		[]clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(key), "=", 0)},
		[]clientv3.Op{clientv3.OpPut(key, value)}, nil)
	if errors.Is(err, ErrTooLarge) {
		return true, s.putPlain(key, value)
	}
	return err == nil && resp.Succeeded, err
}

// putBlind puts a value where it may not be read whether the key is there.
func (s *EtcdV3) putBlind(key, value string) error {
	done, err := s.putExisting(key, value)
	if done || err != nil {
		return err
	}
	return s.putPlain(key, value)
}

// putExisting puts a value if the key is there.
func (s *EtcdV3) putExisting(key, value string) (done bool, err error) {
	err = s.putPlain(key, value, clientv3.WithIgnoreLease())
	if errors.Is(err, rpctypes.ErrKeyNotFound) {
		return false, nil
	}
	return err == nil, err
}

// putPlain puts a value without any condition.
func (s *EtcdV3) putPlain(key, value string, options ...clientv3.OpOption) error {
	ctx, cancel := s.request(s.ctx)
	defer cancel()
	_, err := s.doIn(ctx, "put", key, clientv3.OpPut(key, value, options...))
	return err
}
