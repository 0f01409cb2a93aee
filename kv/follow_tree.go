package kv

import (
	"bytes"
	"context"
)

// FollowByWatchTree opens a feed made from the WatchTree of any Store. It
// keeps the last snapshot to find the changes in the next one.
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
		for range snapshots { // the watcher may be sending
		}
	}), nil
}

// followSnapshots turns the first snapshot into a listing and the others into
// changes.
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
			p.endListing(nil)
		}
	}
}

// differ finds the changes between two snapshots.
type differ struct {
	known map[string]*KVPair
}

// diff returns the events that lead from the last snapshot to this one,
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
