package kv

import (
	"bytes"
	"context"
)

// FollowByWatchTree makes a feed of any Store's WatchTree. It keeps an index
// of all it has seen, to tell what changed between two snapshots; backends
// have better means of their own.
func FollowByWatchTree(s Store, prefix string) (Feed, error) {
	stop := make(chan struct{})
	snapshots, err := s.WatchTree(prefix, stop)
	if err != nil {
		return nil, err
	}
	return newPump(func(ctx context.Context, p *pump) {
		followSnapshots(ctx, p, snapshots)
	}, func() {
		close(stop)
		for range snapshots { // the watcher may be sending; let it end
		}
	}), nil
}

// followSnapshots turns whole snapshots into a listing and then changes.
func followSnapshots(ctx context.Context, p *pump, snapshots <-chan []*KVPair) {
	d := differ{}
	p.startListing(0)
	for first := true; ; first = false {
		select {
		case <-ctx.Done():
			return
		case pairs, ok := <-snapshots:
			if !ok {
				return
			}
			events := d.diff(pairs)
			if !first {
				p.live(events...)
				continue
			}
			for len(events) > 0 {
				n := min(len(events), batchMax)
				if p.list(ctx, events[:n]...) != nil {
					return
				}
				events = events[n:]
			}
			p.sync(nil)
		}
	}
}

// differ finds what changed between snapshots of pairs.
type differ struct {
	known map[string]*KVPair
}

// diff is the events that lead from the last snapshot to this one, the
// deletions last.
func (d *differ) diff(pairs []*KVPair) []Event {
	var events []Event
	now := make(map[string]*KVPair, len(pairs))
	for _, pair := range pairs {
		now[pair.Key] = pair
		old, ok := d.known[pair.Key]
		if ok && old.LastIndex == pair.LastIndex && bytes.Equal(old.Value, pair.Value) {
			continue
		}
		events = append(events, Event{Kind: PutEvent, Key: pair.Key, Index: pair.LastIndex, Size: len(pair.Value)})
	}
	for key := range d.known {
		if _, ok := now[key]; !ok {
			events = append(events, Event{Kind: DeleteEvent, Key: key})
		}
	}
	d.known = now
	return events
}
