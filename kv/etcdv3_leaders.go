package kv

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
)

// Locks that are one key bound to a lease, which whoever wants it tries to
// create again and again. Any leased key may be meant so; told are those that
// nothing else looks like.
const (
	// Patroni: DIR/leader is the name of a member, and DIR/members has it.
	recipePatroni = "patroni leader"
	// The Lock of python-etcd3: a key below /locks/, of which the value is a
	// UUID of version 1, in 16 bytes.
	recipePython = "python-etcd3 lock"
	// Vitess: a queue as that of etcd's own recipes, DIR/locks/LEASE, but with
	// the lease in decimal.
	recipeVitess = "vitess lock"

	// v3NoQueue is why nobody is seen to wait for a lock of one key.
	v3NoQueue = "nobody queues; who wants it tries again"

	v3LeaderName   = "/leader"
	v3PythonPrefix = "/locks/"
	v3VitessName   = "locks"
)

// isV3Single reports whether a key is called like a lock of one key.
func isV3Single(key string) bool {
	return strings.HasSuffix(key, v3LeaderName) || strings.HasPrefix(key, v3PythonPrefix)
}

// isV3Decimal reports whether a key is named after a lease as Vitess does it.
func isV3Decimal(key string, lease int64) bool {
	queue, name, ok := cutLast(key)
	if !ok || lease == 0 || name != strconv.FormatInt(lease, 10) {
		return false
	}
	_, parent, ok := cutLast(queue)
	return ok && parent == v3VitessName
}

// singles makes locks of those of some keys that are one.
func (s *EtcdV3) singles(ctx context.Context, kvs []*mvccpb.KeyValue, lives map[int64]etcdclient.Life) ([]LockInfo, error) {
	var locks []LockInfo
	for _, kv := range kvs {
		recipe, name := "", contenderName(kv.Value)
		switch id, ok := pythonLock(kv); {
		case ok:
			recipe, name = recipePython, id
		case strings.HasSuffix(string(kv.Key), v3LeaderName):
			leads, err := s.leads(ctx, kv)
			if err != nil {
				return nil, err
			}
			if leads {
				recipe = recipePatroni
			}
		}
		if recipe == "" {
			continue
		}
		holder := v3Contender(kv, lives)
		holder.Name = name
		locks = append(locks, LockInfo{
			Key: string(kv.Key), Recipe: recipe, Limit: 1, Holders: []Contender{holder}, WaitersHidden: v3NoQueue,
		})
	}
	return locks, nil
}

// leads reports whether a key called leader names a member beside it.
func (s *EtcdV3) leads(ctx context.Context, kv *mvccpb.KeyValue) (bool, error) {
	name := string(kv.Value)
	if name == "" || strings.Contains(name, "/") {
		return false, nil
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	member := strings.TrimSuffix(string(kv.Key), v3LeaderName) + "/members/" + name
	resp, err := s.client.Get(ctx, member, clientv3.WithCountOnly())
	if etcdclient.IsForbidden(err) {
		return false, nil
	}
	return err == nil && resp.Count == 1, err
}

// pythonLock is the UUID of a lock of python-etcd3, if a key is one.
func pythonLock(kv *mvccpb.KeyValue) (id string, ok bool) {
	v := kv.Value
	if !strings.HasPrefix(string(kv.Key), v3PythonPrefix) || len(v) != 16 || v[6]>>4 != 1 || v[8]>>6 != 2 {
		return "", false
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", v[:4], v[4:6], v[6:8], v[8:10], v[10:]), true
}
