package kv

import (
	"context"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	v3OpsMost = 128 // operations in a transaction, the server's --max-txn-ops if not set
	v3Width   = 8   // requests at a time

	// v3LocksLeases is of how many leases the keys are asked for. Beyond, that
	// takes the server longer than listing a million keys.
	v3LocksLeases = 10_000
)

// claims finds what looks like a place in a lock's queue: a key named after the
// lease it is bound to.
func (s *EtcdV3) claims(ctx context.Context, prefix string) ([]*mvccpb.KeyValue, error) {
	dir := v3Dir(prefix)
	dirs := []string{dir}
	if dir != "" { // a lock of ours at the prefix itself queues beside it
		dirs = append(dirs, dir[:len(dir)-1]+queueSuffix+"/")
	}
	leased := s.leasedNames(ctx)
	var claims []*mvccpb.KeyValue
	for i, dir := range dirs {
		found, err := s.claimsIn(ctx, dir, leased)
		if i > 0 && isV3Permission(err) {
			break // the rights end at the prefix
		}
		if err != nil {
			return nil, err
		}
		claims = append(claims, found...)
	}
	return claims, nil
}

// claimsIn finds the claims in a directory among the leased keys, or among all
// keys there where leased is nil. Only keys with such a name are read, since
// etcd 3.7 does not tell the leases of keys that are listed without their
// values.
func (s *EtcdV3) claimsIn(ctx context.Context, dir string, leased []string) ([]*mvccpb.KeyValue, error) {
	if leased == nil {
		names, err := s.leaseNamed(ctx, dir)
		if err != nil {
			return nil, err
		}
		return s.readClaims(ctx, names)
	}
	var names []string
	for _, key := range leased {
		if strings.HasPrefix(key, dir) {
			names = append(names, key)
		}
	}
	return s.readClaims(ctx, names)
}

// leasedNames are all keys that are named after the lease they are bound to;
// nil where they are not all told.
func (s *EtcdV3) leasedNames(ctx context.Context) []string {
	keys, all := s.leasedKeys(ctx, v3LocksLeases)
	if !all {
		return nil
	}
	names := []string{}
	for key, lease := range keys {
		if _, name, ok := cutLast(key); ok && isNamedAfter(name, lease) {
			names = append(names, key)
		}
	}
	return names
}

// leaseNamed are the keys of a directory whose last segment is a lease.
func (s *EtcdV3) leaseNamed(ctx context.Context, dir string) ([]string, error) {
	ctx, cancel := s.long(ctx)
	defer cancel()
	span := v3DirSpan(dir)
	resp, err := s.client.Get(ctx, span.start, span.options(clientv3.WithKeysOnly())...)
	if err != nil {
		return nil, lostContact(ctx, err)
	}
	isLease := s.leaseNames(ctx)
	var names []string
	for _, kv := range resp.Kvs {
		if _, name, ok := cutLast(string(kv.Key)); ok && isLease(name) {
			names = append(names, string(kv.Key))
		}
	}
	return names, nil
}

// leaseNames tells the names of the leases there are; where a user may not
// know them, all names that can be one.
func (s *EtcdV3) leaseNames(ctx context.Context) func(name string) bool {
	resp, err := s.client.Leases(ctx)
	if err != nil {
		return isLeaseName
	}
	names := make(map[string]bool, len(resp.Leases))
	for _, lease := range resp.Leases {
		names[leaseName(int64(lease.ID))] = true
		names[leaseID(int64(lease.ID))] = true
	}
	return func(name string) bool { return names[name] }
}

// readClaims reads keys, as many at a time as a transaction takes, and gives
// those that are claims.
func (s *EtcdV3) readClaims(ctx context.Context, keys []string) ([]*mvccpb.KeyValue, error) {
	var claims []*mvccpb.KeyValue
	for chunk := range slices.Chunk(keys, v3OpsMost) {
		ops := make([]clientv3.Op, len(chunk))
		for i, key := range chunk {
			ops[i] = clientv3.OpGet(key)
		}
		reading, cancel := s.request(ctx)
		resp, err := s.client.Txn(reading).Then(ops...).Commit()
		cancel()
		if err != nil {
			return nil, err
		}
		for _, r := range resp.Responses {
			for _, kv := range r.GetResponseRange().GetKvs() {
				if dir, _, _ := cutLast(string(kv.Key)); isV3Claim(kv, dir) {
					claims = append(claims, kv)
				}
			}
		}
	}
	return claims, nil
}

// isV3Claim tells whether a key is a claim in the queue of that directory.
func isV3Claim(kv *mvccpb.KeyValue, dir string) bool {
	queue, name, ok := cutLast(string(kv.Key))
	return ok && queue == dir && isNamedAfter(name, kv.Lease)
}
