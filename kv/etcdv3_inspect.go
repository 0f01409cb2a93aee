package kv

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Meta implements MetaReader.
func (s *EtcdV3) Meta(ctx context.Context, key string) (*Meta, error) {
	found, err := s.get(ctx, "meta", key)
	if err != nil {
		return nil, err
	}
	meta := &Meta{
		Key: key, Created: uint64(found.CreateRevision), Modified: uint64(found.ModRevision),
		Version: found.Version, Size: len(found.Value), Left: -1,
	}
	if found.Lease != 0 {
		life := s.lifeOf(ctx, clientv3.LeaseID(found.Lease))
		meta.Owner, meta.TTL, meta.Left = leaseID(found.Lease), life.ttl, life.left
	}
	return meta, nil
}

// leaseID is a lease as etcdctl prints it.
func leaseID(lease int64) string { return fmt.Sprintf("%016x", uint64(lease)) }

// v3Life is how long a lease has to live; left is negative when not known.
type v3Life struct {
	ttl, left time.Duration
	ended     bool
}

// lifeOf asks for a lease. Who may not know is not told: that is no error.
func (s *EtcdV3) lifeOf(ctx context.Context, lease clientv3.LeaseID) v3Life {
	ctx, cancel := s.request(ctx)
	defer cancel()
	resp, err := s.client.TimeToLive(ctx, lease)
	switch {
	case err != nil:
		return v3Life{left: -1}
	case resp.TTL < 0:
		return v3Life{left: -1, ended: true}
	}
	return v3Life{ttl: time.Duration(resp.GrantedTTL) * time.Second, left: time.Duration(resp.TTL) * time.Second}
}

// leasedKeys are the keys that are bound to leases, never nil. They are all, if
// there are at most so many leases and the user may know of each what is bound
// to it.
func (s *EtcdV3) leasedKeys(ctx context.Context, leasesMost int) (keys map[string]int64, all bool) {
	ctx, cancel := s.long(ctx)
	defer cancel()
	keys = map[string]int64{}
	resp, err := s.client.Leases(ctx)
	if err != nil || len(resp.Leases) > leasesMost {
		return keys, false
	}
	asked := 0
	var mu sync.Mutex
	eachOf(resp.Leases, v3Width, func(lease clientv3.LeaseStatus) {
		life, err := s.client.TimeToLive(ctx, lease.ID, clientv3.WithAttachedKeys())
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			return
		}
		for _, key := range life.Keys {
			keys[string(key)] = int64(lease.ID)
		}
		asked++
	})
	return keys, asked == len(resp.Leases)
}

// eachOf works on all items, so many at a time.
func eachOf[T any](items []T, width int, work func(T)) {
	next := make(chan T)
	var wg sync.WaitGroup
	for range min(width, len(items)) {
		wg.Go(func() {
			for item := range next {
				_ = contained(func() { work(item) })
			}
		})
	}
	for _, item := range items {
		next <- item
	}
	close(next)
	wg.Wait()
}

// Health implements HealthReader. It asks one of the servers: healthy is one
// that knows a leader and no alarm.
func (s *EtcdV3) Health(ctx context.Context) (Health, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	status, err := s.client.ServerStatus(ctx)
	if err != nil {
		return Health{}, s.explain("health", "", err)
	}
	health := Health{Server: "etcd " + status.Version, Healthy: status.Leader != 0 && len(status.Errors) == 0}
	names := map[uint64]string{}
	members, err := s.client.MemberList(ctx)
	if err == nil { // else only members of a cluster may know, or it has no leader
		health.Members = len(members.Members)
		for _, m := range members.Members {
			names[m.ID] = m.Name
		}
		health.Leader = names[status.Leader]
	}
	switch {
	case status.Leader == 0:
		health.Note = noteNoLeader
	case len(status.Errors) > 0:
		health.Note = v3Alarms(status.Errors, names)
	case health.Members == 1:
		health.Note = noteStandalone
	}
	return health, nil
}

// v3Alarms puts into words what a server says is wrong: alarms with the
// members that raised them, by their numbers.
func v3Alarms(said []string, names map[uint64]string) string {
	words := make([]string, len(said))
	for i, text := range said {
		var id uint64
		var alarm string
		if _, err := fmt.Sscanf(text, "memberID:%d alarm:%s", &id, &alarm); err != nil {
			words[i] = text
			continue
		}
		words[i] = "alarm " + alarm + " on member " + cmp.Or(names[id], strconv.FormatUint(id, 16))
		if alarm == "NOSPACE" {
			words[i] += ": no writes until it has space and the alarm is disarmed"
		}
	}
	return strings.Join(words, "; ")
}
