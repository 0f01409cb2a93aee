package kv

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
)

const (
	v3OpsMost = 128 // operations in a transaction, the server's --max-txn-ops if not set

	// v3LocksLeases is of how many leases the keys are asked for. Beyond, that
	// takes the server longer than listing a million keys.
	v3LocksLeases = 10_000
)

// claims finds what looks like a place in a lock's queue, a key named after the
// lease it is bound to, and what is bound to a lease and called like a lock of
// one key.
func (s *EtcdV3) claims(ctx context.Context, prefix string) ([]*mvccpb.KeyValue, error) {
	dir := v3Dir(prefix)
	dirs := []string{dir}
	if dir != "" { // a lock of ours at the prefix itself queues beside it
		dirs = append(dirs, dir[:len(dir)-1]+queueSuffix+"/")
	}
	if err := s.answers(ctx, dir); err != nil {
		return nil, err
	}
	leased := s.leasedNames(ctx)
	claims, err := s.claimAt(ctx, strings.TrimSuffix(dir, "/"))
	if err != nil {
		return nil, err
	}
	for i, dir := range dirs {
		found, err := s.claimsIn(ctx, dir, leased)
		if i > 0 && etcdclient.IsForbidden(err) {
			break // the rights end at the prefix
		}
		if err != nil {
			return nil, err
		}
		claims = append(claims, found...)
	}
	return claims, nil
}

// answers asks something small, so that it is known soon where nobody answers:
// what takes long is given up later. That the key is refused is an answer.
func (s *EtcdV3) answers(ctx context.Context, key string) error {
	ctx, cancel := s.request(ctx)
	defer cancel()
	_, err := s.client.Get(ctx, key+"\x00", clientv3.WithKeysOnly())
	if etcdclient.IsForbidden(err) {
		return nil
	}
	return err
}

// claimAt finds the lock that the key at the prefix is, which may well be that
// it may not be read.
func (s *EtcdV3) claimAt(ctx context.Context, key string) ([]*mvccpb.KeyValue, error) {
	if !isV3Single(key) {
		return nil, nil
	}
	claims, err := s.readClaims(ctx, []string{key})
	if etcdclient.IsForbidden(err) {
		return nil, nil
	}
	return claims, err
}

// claimsIn finds the claims in a directory among the leased keys, or among all
// keys there where leased is nil. Only keys with such a name are read, since
// etcd 3.7 does not tell the leases of keys that are listed without their
// values.
func (s *EtcdV3) claimsIn(ctx context.Context, dir string, leased []string) ([]*mvccpb.KeyValue, error) {
	if leased == nil {
		names, err := s.leaseNamed(ctx, etcdlist.DirSpan(dir))
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

// claimsReadable is claims for who may not read all of a directory: those in the
// parts that our user may read. unseen names these parts. Where there are none,
// or where they are not known, it fails as refused says.
func (s *EtcdV3) claimsReadable(ctx context.Context, prefix string, refused error) (claims []*mvccpb.KeyValue, unseen, err error) {
	spans, _ := s.readable(ctx)
	parts := etcdlist.Overlap(spans, etcdlist.DirSpan(v3Dir(prefix)))
	if len(parts) == 0 {
		return nil, nil, refused
	}
	for _, part := range parts {
		names, err := s.leaseNamed(ctx, part)
		if err != nil {
			return nil, nil, err
		}
		found, err := s.readClaims(ctx, names)
		if err != nil {
			return nil, nil, err
		}
		claims = append(claims, found...)
	}
	may := "the user " + s.client.User() + " may read " + v3SpansText(parts)
	return claims, s.fail("locks", prefix, ErrIncomplete, etcdclient.WithText(may, refused)), nil
}

// leasedNames are all keys that are named after the lease they are bound to;
// nil where they are not all told.
func (s *EtcdV3) leasedNames(ctx context.Context) []string {
	keys, all := s.client.LeasedKeysOf(ctx, v3LocksLeases)
	if !all {
		return nil
	}
	names := []string{}
	for key, lease := range keys {
		if isV3Place(key, lease) || isV3Single(key) {
			names = append(names, key)
		}
	}
	return names
}

// leaseNamed are the keys of a span whose last segment is a lease.
func (s *EtcdV3) leaseNamed(ctx context.Context, span etcdlist.Span) ([]string, error) {
	ctx, cancel := s.long(ctx)
	defer cancel()
	resp, err := s.client.Get(ctx, span.Start, span.Options(clientv3.WithKeysOnly())...)
	if err != nil {
		return nil, etcdclient.LostContact(ctx, err)
	}
	isLease := s.leaseNames(ctx)
	var names []string
	for _, kv := range resp.Kvs {
		key := string(kv.Key)
		if _, name, ok := cutLast(key); ok && isLease(name) || isV3Single(key) {
			names = append(names, key)
		}
	}
	return names, nil
}

// leaseNames tells the names of the leases there are; where a user may not
// know them, all names that can be one.
func (s *EtcdV3) leaseNames(ctx context.Context) func(name string) bool {
	resp, err := s.client.Leases(ctx)
	if err != nil {
		return func(name string) bool {
			_, err := strconv.ParseInt(name, 10, 64) // as Vitess writes it
			return isLeaseName(name) || err == nil
		}
	}
	names := make(map[string]bool, len(resp.Leases))
	for _, lease := range resp.Leases {
		names[leaseName(int64(lease.ID))] = true
		names[leaseID(int64(lease.ID))] = true
		names[strconv.FormatInt(int64(lease.ID), 10)] = true
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
				if key := string(kv.Key); isV3Place(key, kv.Lease) || kv.Lease != 0 && isV3Single(key) {
					claims = append(claims, kv)
				}
			}
		}
	}
	return claims, nil
}

// isV3Claim reports whether a key is a claim in the queue of that directory.
func isV3Claim(kv *mvccpb.KeyValue, dir string) bool {
	queue, _, ok := cutLast(string(kv.Key))
	return ok && queue == dir && isV3Place(string(kv.Key), kv.Lease)
}

// isV3Place reports whether a key that is bound to a lease is named after it,
// as all recipes of etcd name the places in a lock's queue.
func isV3Place(key string, lease int64) bool {
	_, name, ok := cutLast(key)
	return ok && isNamedAfter(name, lease) || isV3Decimal(key, lease)
}
