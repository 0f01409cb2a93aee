package kv

import (
	"context"
	"errors"
	"slices"
	"sort"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
)

// ReadValues implements ValueReader by ranges from the first key to the last. Pages of all keys
// there are would cost a server before 3.7 the square of their number, since it counts for each
// page what the page leaves of the range.
func (s *EtcdV3) ReadValues(ctx context.Context, keys []string, see func(*KVPair)) (int, error) {
	if err := s.alive(OpSearch, ""); err != nil {
		return 0, err
	}
	return s.readSorted(ctx, slices.Sorted(slices.Values(keys)), func(kv *mvccpb.KeyValue) { see(v3Pair(kv)) })
}

// readSorted is ReadValues for sorted keys. If a range is refused it tries the halves: the rights
// may begin and end within it.
func (s *EtcdV3) readSorted(ctx context.Context, keys []string, see func(*mvccpb.KeyValue)) (denied int, err error) {
	for len(keys) > 0 {
		done, err := s.readSpan(ctx, keys, see)
		switch {
		case err == nil:
			keys = keys[done:]
		case !errors.Is(err, ErrDenied):
			return denied, err
		case len(keys) == 1:
			return denied + 1, nil
		default:
			first, err := s.readSorted(ctx, keys[:len(keys)/2], see)
			denied += first
			if err != nil {
				return denied, err
			}
			keys = keys[len(keys)/2:]
		}
	}
	return denied, nil
}

// readSpan reads one range and returns how many of the keys, from the first on, are done: all,
// unless the range held too many that were not asked for.
func (s *EtcdV3) readSpan(ctx context.Context, keys []string, see func(*mvccpb.KeyValue)) (done int, err error) {
	reading, cancel := s.long(ctx)
	defer cancel()
	span := etcdlist.Span{Start: keys[0], End: keys[len(keys)-1] + "\x00"}
	resp, err := s.client.Get(reading, span.Start, span.Options(clientv3.WithLimit(int64(len(keys))), clientv3.WithRev(s.past))...)
	if err != nil {
		return 0, s.fail(OpSearch, keys[0], etcdclient.LostContact(reading, err))
	}
	for _, kv := range resp.Kvs {
		key := string(kv.Key)
		n, found := sort.Find(len(keys)-done, func(i int) int { return strings.Compare(key, keys[done+i]) })
		done += n
		if found {
			see(kv)
			done++
		}
	}
	if !resp.More {
		done = len(keys)
	}
	return done, nil
}
