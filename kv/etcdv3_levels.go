package kv

import (
	"context"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
)

// v3Level makes entries of the keys of a level.
type v3Level struct {
	sink   *v3ScopedSink
	dir    string
	folder string // the last one that was told
}

// readLevel implements levelSource.
func (f *v3ScopedSink) readLevel(ctx context.Context, dir string, at uint64, see func([]levelEntry) error) (uint64, string, error) {
	of := v3Level{sink: f, dir: dir}
	read := etcdlist.Level{Reader: f.store.lists, Dir: dir, Revision: int64(at), Large: dir == f.dir}
	read.Page = func(kvs []*mvccpb.KeyValue, sized bool) (int, error) {
		f.seeNewest(kvs)
		entries, locked := of.entries(kvs, sized)
		fresh := len(entries)
		for _, key := range locked {
			kv, err := f.store.at(ctx, key, read.Revision)
			if err != nil {
				return fresh, err
			}
			if kv != nil {
				entries = append(entries, levelEntry{Event: f.lockable(key, kv), key: true, again: true})
			}
		}
		return fresh, see(entries)
	}
	next, err := read.Run(ctx)
	return uint64(read.Revision), next, err
}

// entries are what keys mean for the level, and which keys in it turned out to
// be locked after they were told.
func (l *v3Level) entries(kvs []*mvccpb.KeyValue, sized bool) (entries []levelEntry, locked []string) {
	entries = make([]levelEntry, 0, len(kvs))
	for i, key := range v3Keys(kvs) {
		if owner, ok := l.sink.queued(key); ok {
			if owner != "" && v3IsRightIn(l.dir, owner) {
				locked = append(locked, owner)
			}
			continue
		}
		name, _, inside := strings.Cut(key[len(l.dir):], "/")
		switch {
		case key == l.sink.dir:
		case !inside:
			e := l.sink.lockable(key, kvs[i])
			if !sized {
				e.Size = -1
			}
			entries = append(entries, levelEntry{Event: e, key: true})
		case name != l.folder || l.folder == "":
			l.folder = name
			entries = append(entries, levelEntry{Event: Event{Key: l.dir + name}, folder: true})
		}
	}
	return entries, locked
}

// v3IsRightIn reports whether a key is right in a directory.
func v3IsRightIn(dir, key string) bool {
	rest, ok := strings.CutPrefix(key, dir)
	return ok && !strings.Contains(rest, "/")
}

// someIn implements levelSource. It looks around the key that was deleted,
// farther and farther away: a server counts all keys of what it is asked for,
// and neighbours are few. Where all that is found are places in the queue of a
// lock, more of them than fit into an answer count as keys.
func (f *v3ScopedSink) someIn(ctx context.Context, dir, gone string) (bool, uint64, error) {
	for keep := len(gone) - 1; ; keep = max(len(dir), keep-4) {
		some, index, err := f.someWith(ctx, gone[:max(len(dir), keep)])
		if some || err != nil || keep <= len(dir) {
			return some, index, err
		}
	}
}

// v3SomeMost is how many keys are looked at to find one that is no place in a
// queue.
const v3SomeMost = 64

// someWith reports whether there are keys that begin with a prefix.
func (f *v3ScopedSink) someWith(ctx context.Context, prefix string) (bool, uint64, error) {
	ctx, cancel := f.store.long(ctx)
	defer cancel()
	resp, err := f.store.client.Get(ctx, prefix, clientv3.WithPrefix(), clientv3.WithKeysOnly(), clientv3.WithLimit(v3SomeMost))
	if err != nil {
		return false, 0, etcdclient.LostContact(ctx, err)
	}
	some := resp.More
	for _, kv := range resp.Kvs {
		some = some || !isV3Queue(string(kv.Key))
	}
	return some, uint64(resp.Header.Revision), nil
}

// at is a key as it was at a revision; nil when it was not there.
func (s *EtcdV3) at(ctx context.Context, key string, revision int64) (*mvccpb.KeyValue, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	resp, err := s.client.Get(ctx, key, clientv3.WithRev(revision))
	if err != nil || len(resp.Kvs) == 0 {
		return nil, err
	}
	return resp.Kvs[0], nil
}
