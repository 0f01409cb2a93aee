package etcdclient

import (
	"context"
	"math"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/panics"
)

// askAtOnce is how many requests about leases are under way at a time.
const askAtOnce = 8

// Life is how long a lease has to live.
type Life struct {
	TTL, Left time.Duration // Left is negative if it is not known
	Ended     bool
}

// LifeOf asks how long a lease has to live. If the user may not know, neither does LifeOf: that is
// no error.
func (c *Client) LifeOf(ctx context.Context, lease int64) Life {
	ctx, cancel := c.Request(ctx)
	defer cancel()
	resp, err := c.TimeToLive(ctx, clientv3.LeaseID(lease))
	switch {
	case err != nil:
		return Life{Left: -1}
	case resp.TTL < 0:
		return Life{Left: -1, Ended: true}
	}
	return Life{TTL: time.Duration(resp.GrantedTTL) * time.Second, Left: time.Duration(resp.TTL) * time.Second}
}

// LivesOf is LifeOf for many leases, each of which it asks for once.
func (c *Client) LivesOf(ctx context.Context, leases []int64) map[int64]Life {
	var mu sync.Mutex
	lives := map[int64]Life{}
	asked := map[int64]bool{}
	var each []int64
	for _, lease := range leases {
		if !asked[lease] {
			asked[lease] = true
			each = append(each, lease)
		}
	}
	forEach(each, func(lease int64) {
		life := c.LifeOf(ctx, lease)
		mu.Lock()
		defer mu.Unlock()
		lives[lease] = life
	})
	return lives
}

// LeasedKeys returns the keys that are bound to leases, with the leases, as far as the user may
// know.
func (c *Client) LeasedKeys(ctx context.Context) map[string]int64 {
	keys, _ := c.LeasedKeysOf(ctx, math.MaxInt)
	return keys
}

// LeasedKeysOf is LeasedKeys, unless there are more than so many leases. It reports whether the
// keys are all: there are no more leases than that, and the user may know the keys of each. The map
// is never nil.
func (c *Client) LeasedKeysOf(ctx context.Context, leasesMost int) (keys map[string]int64, all bool) {
	ctx, cancel := c.Long(ctx)
	defer cancel()
	keys = map[string]int64{}
	resp, err := c.Leases(ctx)
	if err != nil || len(resp.Leases) > leasesMost {
		return keys, false
	}
	asked := 0
	var mu sync.Mutex
	forEach(resp.Leases, func(lease clientv3.LeaseStatus) {
		life, err := c.TimeToLive(ctx, lease.ID, clientv3.WithAttachedKeys())
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

// forEach calls do for all items, some at a time.
func forEach[T any](items []T, do func(T)) {
	next := make(chan T)
	var wg sync.WaitGroup
	for range min(askAtOnce, len(items)) {
		wg.Go(func() {
			for item := range next {
				_ = panics.Contained(func() { do(item) })
			}
		})
	}
	for _, item := range items {
		next <- item
	}
	close(next)
	wg.Wait()
}
