package etcdlocks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

// The recipes of etcdctl and of the concurrency package (go.etcd.io/etcd/client/v3/concurrency)
// have one layout: each contender has a key QUEUE/LEASE, which is bound to that lease, and the
// oldest key holds the lock. Vitess has DIR/locks/LEASE with the lease in decimal.

const (
	vitessName   = "locks"
	leaderName   = "/leader"
	pythonPrefix = "/locks/"

	// strayName is the least length of a name that is taken for that of a lease which the key does
	// not have. Servers grant leases of 14 digits and more.
	strayName = 12
)

// CutLast cuts the last segment from a key.
func CutLast(key string) (dir, name string, ok bool) {
	i := strings.LastIndexByte(key, '/')
	if i < 0 {
		return "", key, false
	}
	return key[:i], key[i+1:], true
}

// LeaseName returns a lease as the recipes of etcd name keys after it.
func LeaseName(lease int64) string { return strconv.FormatUint(uint64(lease), 16) }

// LeaseID returns a lease as etcdctl prints it.
func LeaseID(lease int64) string { return fmt.Sprintf("%016x", uint64(lease)) }

// isLeaseName reports whether a name can be a lease in lower case hex.
func isLeaseName(name string) bool {
	if name == "" || len(name) > 16 {
		return false
	}
	return !slices.ContainsFunc([]byte(name), func(c byte) bool {
		return (c < '0' || c > '9') && (c < 'a' || c > 'f')
	})
}

// isNamedAfter reports whether a name is that lease in hex: without leading zeros, as the recipes
// write it, or with them, as etcdctl prints it.
func isNamedAfter(name string, lease int64) bool {
	return lease != 0 && (name == LeaseName(lease) || name == LeaseID(lease))
}

// IsPlace reports whether a key is a place in the queue of a lock: it is named after the lease that
// it is bound to.
func IsPlace(key string, lease int64) bool {
	_, name, ok := CutLast(key)
	return ok && isNamedAfter(name, lease) || IsVitess(key, lease)
}

// IsVitess reports whether a key is named after its lease as Vitess does it.
func IsVitess(key string, lease int64) bool {
	queue, name, ok := CutLast(key)
	if !ok || lease == 0 || name != strconv.FormatInt(lease, 10) {
		return false
	}
	_, parent, ok := CutLast(queue)
	return ok && parent == vitessName
}

// IsSingle reports whether a key is called like a lock of one key: one that contenders try to
// create again and again, without a queue.
func IsSingle(key string) bool {
	return IsLeader(key) || strings.HasPrefix(key, pythonPrefix)
}

// IsLeader reports whether a key is called like the leader key of Patroni.
func IsLeader(key string) bool { return strings.HasSuffix(key, leaderName) }

// PythonLock returns the id of a lock of python-etcd3 and reports whether a key is one: it is below
// /locks/, and its value is a UUID of version 1 in 16 bytes.
func PythonLock(kv *mvccpb.KeyValue) (id string, ok bool) {
	v := kv.Value
	if !strings.HasPrefix(string(kv.Key), pythonPrefix) || len(v) != 16 || v[6]>>4 != 1 || v[8]>>6 != 2 {
		return "", false
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", v[:4], v[4:6], v[6:8], v[8:10], v[10:]), true
}

// isClaim reports whether a key is a place in the queue of that directory.
func isClaim(kv *mvccpb.KeyValue, dir string) bool {
	queue, _, ok := CutLast(string(kv.Key))
	return ok && queue == dir && IsPlace(string(kv.Key), kv.Lease)
}

// isStray reports whether a key is called like a place in the queue of that directory and has no
// lease.
func isStray(kv *mvccpb.KeyValue, dir string) bool {
	queue, name, ok := CutLast(string(kv.Key))
	return ok && queue == dir && kv.Lease == 0 && len(name) >= strayName && isLeaseName(name)
}

// IsFirst reports whether claim is the oldest of the claims among the keys of its queue.
func IsFirst(claim *mvccpb.KeyValue, queue []*mvccpb.KeyValue) bool {
	dir, _, _ := CutLast(string(claim.Key))
	return !slices.ContainsFunc(queue, func(kv *mvccpb.KeyValue) bool {
		return (isClaim(kv, dir) || isStray(kv, dir)) && kv.CreateRevision < claim.CreateRevision
	})
}

// Queues are the queues of kvist's own locks: the contenders for "a/b" stand in "a/b" + Suffix +
// "/", beside the key, with names like those of the recipes.
type Queues struct{ Suffix string }

// Locked returns the key in whose queue a key is a place, and reports whether it is one.
func (q Queues) Locked(key string) (locked string, ok bool) {
	queue, lease, ok := CutLast(key)
	if !ok || !isLeaseName(lease) {
		return "", false
	}
	return strings.CutSuffix(queue, q.Suffix)
}

// Of returns what all places in the queue of a key begin with.
func (q Queues) Of(key string) string { return key + q.Suffix + "/" }
