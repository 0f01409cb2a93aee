package etcdlocks

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
	// opsMost is how many operations a transaction may have: the server's --max-txn-ops by default.
	opsMost = 128
	// leasesMost is how many leases are asked for their keys. More take a server longer than to
	// list a million keys.
	leasesMost = 10_000
	// queueMost is how many of the oldest keys of a queue are read.
	queueMost = 256
)

// Finder finds claims: keys that are places in the queue of a lock, and leased keys that are called
// like a lock of one key.
type Finder struct {
	Client *etcdclient.Client
	Reader *etcdlist.Reader // its moment is where the claims are looked for
	Queues Queues
}

// get is the client's Get at the moment that is read.
func (f *Finder) get(ctx context.Context, key string, options ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	return f.Client.Get(ctx, key, append(options, clientv3.WithRev(f.Reader.Then.Revision))...)
}

// Claims returns the claims in a directory, which is "" or ends in a slash, and at the key of its
// name. It asks for the keys of all leases, since these are few where keys are many. If the user
// may not know all of them, or they are too many, it lists all keys of the directory.
func (f *Finder) Claims(ctx context.Context, dir string) ([]*mvccpb.KeyValue, error) {
	key := strings.TrimSuffix(dir, "/")
	if err := f.answers(ctx, dir); err != nil {
		return nil, err
	}
	leased := f.leasedNames(ctx)
	claims, err := f.claimAt(ctx, key)
	if err != nil {
		return nil, err
	}
	found, err := f.claimsIn(ctx, dir, leased)
	if err != nil {
		return nil, err
	}
	claims = append(claims, found...)
	if dir == "" {
		return claims, nil
	}
	// The queue of the key itself stands beside the directory.
	found, err = f.claimsIn(ctx, f.Queues.Of(key), leased)
	if err != nil && !etcdclient.IsForbidden(err) { // the user's rights may end at the directory
		return nil, err
	}
	return append(claims, found...), nil
}

// answers makes a small request, so that a server that does not answer is noticed soon: a large
// request waits longer. A refusal is an answer.
func (f *Finder) answers(ctx context.Context, key string) error {
	ctx, cancel := f.Client.Request(ctx)
	defer cancel()
	_, err := f.get(ctx, key+"\x00", clientv3.WithKeysOnly())
	if etcdclient.IsForbidden(err) {
		return nil
	}
	return err
}

// claimAt returns the key as a claim if it is one, and nothing if it may not be read.
func (f *Finder) claimAt(ctx context.Context, key string) ([]*mvccpb.KeyValue, error) {
	if !IsSingle(key) {
		return nil, nil
	}
	claims, err := f.read(ctx, []string{key})
	if etcdclient.IsForbidden(err) {
		return nil, nil
	}
	return claims, err
}

// claimsIn returns the claims in a directory among the leased keys, or among all keys there if
// leased is nil. It reads only keys with the name of a claim, since etcd 3.7 leaves the leases out
// with the values.
func (f *Finder) claimsIn(ctx context.Context, dir string, leased []string) ([]*mvccpb.KeyValue, error) {
	if leased == nil {
		return f.ClaimsIn(ctx, []etcdlist.Span{etcdlist.DirSpan(dir)})
	}
	var names []string
	for _, key := range leased {
		if strings.HasPrefix(key, dir) {
			names = append(names, key)
		}
	}
	return f.read(ctx, names)
}

// ClaimsIn returns the claims in spans, by listing all keys there.
func (f *Finder) ClaimsIn(ctx context.Context, spans []etcdlist.Span) ([]*mvccpb.KeyValue, error) {
	var claims []*mvccpb.KeyValue
	for _, span := range spans {
		names, err := f.names(ctx, span)
		if err != nil {
			return nil, err
		}
		found, err := f.read(ctx, names)
		if err != nil {
			return nil, err
		}
		claims = append(claims, found...)
	}
	return claims, nil
}

// leasedNames returns all leased keys with the name of a claim, or nil if the server does not
// report all. Of the past it reports none.
func (f *Finder) leasedNames(ctx context.Context) []string {
	if f.Reader.IsPast() {
		return nil
	}
	keys, all := f.Client.LeasedKeysOf(ctx, leasesMost)
	if !all {
		return nil
	}
	names := []string{}
	for key, lease := range keys {
		if IsPlace(key, lease) || IsSingle(key) {
			names = append(names, key)
		}
	}
	return names
}

// names returns the keys of a span whose last segment is a lease, or that are called like a lock of
// one key.
func (f *Finder) names(ctx context.Context, span etcdlist.Span) ([]string, error) {
	if f.Reader.IsPast() {
		return f.pastNames(ctx, span)
	}
	ctx, cancel := f.Client.Long(ctx)
	defer cancel()
	resp, err := f.Client.Get(ctx, span.Start, span.Options(clientv3.WithKeysOnly())...)
	if err != nil {
		return nil, etcdclient.LostContact(ctx, err)
	}
	isLease := f.leases(ctx)
	var names []string
	for _, kv := range resp.Kvs {
		key := string(kv.Key)
		if _, name, ok := CutLast(key); ok && isLease(name) || IsSingle(key) {
			names = append(names, key)
		}
	}
	return names, nil
}

// pastNames is names for a moment in the past, whose leases may be gone: the keys say to which they
// were bound, where they come with that.
func (f *Finder) pastNames(ctx context.Context, span etcdlist.Span) ([]string, error) {
	var names []string
	listing := etcdlist.Listing{Reader: f.Reader, Values: etcdlist.SomeValues, Page: func(kvs []*mvccpb.KeyValue, sized bool) error {
		bound := sized || !f.Reader.LacksLeases()
		for _, kv := range kvs {
			key := string(kv.Key)
			if IsSingle(key) || bound && IsPlace(key, kv.Lease) || !bound && mayBePlace(key) {
				names = append(names, key)
			}
		}
		return nil
	}}
	_, err := listing.Run(ctx, span)
	return names, err
}

// mayBePlace reports whether a key is called like a place in a queue, whatever lease it is bound
// to.
func mayBePlace(key string) bool {
	queue, name, ok := CutLast(key)
	if !ok {
		return false
	}
	if isLeaseName(name) && len(name) >= strayName {
		return true
	}
	_, parent, _ := CutLast(queue)
	_, err := strconv.ParseInt(name, 10, 64)
	return parent == vitessName && err == nil
}

// leases returns a function that reports whether a name is a lease that there is. If the user may
// not know the leases, it reports whether the name can be one.
func (f *Finder) leases(ctx context.Context) func(name string) bool {
	resp, err := f.Client.Leases(ctx)
	if err != nil {
		return func(name string) bool {
			_, err := strconv.ParseInt(name, 10, 64) // as Vitess writes it
			return isLeaseName(name) || err == nil
		}
	}
	names := make(map[string]bool, len(resp.Leases))
	for _, lease := range resp.Leases {
		names[LeaseName(int64(lease.ID))] = true
		names[LeaseID(int64(lease.ID))] = true
		names[strconv.FormatInt(int64(lease.ID), 10)] = true
	}
	return func(name string) bool { return names[name] }
}

// read reads keys, as many at a time as a transaction takes, and returns those that are claims.
func (f *Finder) read(ctx context.Context, keys []string) ([]*mvccpb.KeyValue, error) {
	var claims []*mvccpb.KeyValue
	for chunk := range slices.Chunk(keys, opsMost) {
		ops := make([]clientv3.Op, len(chunk))
		for i, key := range chunk {
			ops[i] = clientv3.OpGet(key, clientv3.WithRev(f.Reader.Then.Revision))
		}
		reading, cancel := f.Client.Request(ctx)
		resp, err := f.Client.Txn(reading).Then(ops...).Commit()
		cancel()
		if err != nil {
			return nil, err
		}
		for _, r := range resp.Responses {
			for _, kv := range r.GetResponseRange().GetKvs() {
				if key := string(kv.Key); IsPlace(key, kv.Lease) || kv.Lease != 0 && IsSingle(key) {
					claims = append(claims, kv)
				}
			}
		}
	}
	return claims, nil
}

// AddStrays adds to queues, which are by directory, the claims without a lease. Such a key does not
// end by itself, whoever made it: a client that died has left it, or somebody put it. The recipes
// go by age alone, so that it holds the lock when it is the oldest. It counts as a claim only in a
// queue with a leased one: elsewhere, its name may mean something else.
func (f *Finder) AddStrays(ctx context.Context, queues map[string][]*mvccpb.KeyValue) error {
	for dir := range queues {
		strays, err := f.strays(ctx, dir)
		if err != nil && !etcdclient.IsForbidden(err) { // only single keys of it may be read
			return err
		}
		queues[dir] = append(queues[dir], strays...)
	}
	return nil
}

// strays returns the claims without a lease among the oldest keys of a queue.
func (f *Finder) strays(ctx context.Context, dir string) ([]*mvccpb.KeyValue, error) {
	ctx, cancel := f.Client.Long(ctx)
	defer cancel()
	resp, err := f.get(ctx, dir+"/", clientv3.WithPrefix(), clientv3.WithLimit(queueMost),
		clientv3.WithSort(clientv3.SortByCreateRevision, clientv3.SortAscend))
	if err != nil {
		return nil, etcdclient.LostContact(ctx, err)
	}
	var strays []*mvccpb.KeyValue
	for _, kv := range resp.Kvs {
		if isStray(kv, dir) {
			strays = append(strays, kv)
		}
	}
	return strays, nil
}

// Leads reports whether a key called leader is Patroni's: its value names a member beside it.
func (f *Finder) Leads(ctx context.Context, kv *mvccpb.KeyValue) (bool, error) {
	name := string(kv.Value)
	if name == "" || strings.Contains(name, "/") {
		return false, nil
	}
	ctx, cancel := f.Client.Request(ctx)
	defer cancel()
	member := strings.TrimSuffix(string(kv.Key), leaderName) + "/members/" + name
	resp, err := f.get(ctx, member, clientv3.WithCountOnly())
	if etcdclient.IsForbidden(err) {
		return false, nil
	}
	return err == nil && resp.Count == 1, err
}
