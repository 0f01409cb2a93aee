package kv

import (
	"context"
	"sync"
)

// zkDirty is the set of nodes that changed and were not read again since, in
// the order in which they did. The zero value is ready.
type zkDirty struct {
	mu        sync.Mutex
	known     map[string]int32 // the last event of each
	order     []string
	coalesced bool // one of them changed twice
	nudged    bool
	wake      chan struct{}
}

// add notes a node that changed. That it was created and then changed is one
// change to those who knew nothing of it.
func (d *zkDirty) add(path string, kind int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.prepare()
	before, known := d.known[path]
	if !known {
		d.order = append(d.order, path)
	} else if before != zkCreated || kind != zkChanged {
		d.coalesced = true
	}
	d.known[path] = kind
	signal(d.wake)
}

// doubt notes a node to be read again though it may not have changed.
func (d *zkDirty) doubt(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.prepare()
	if _, known := d.known[path]; !known {
		d.order = append(d.order, path)
		d.known[path] = zkCreated
	}
	signal(d.wake)
}

// nudge makes take return though nothing changed.
func (d *zkDirty) nudge() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.prepare()
	d.nudged = true
	signal(d.wake)
}

// reset forgets all.
func (d *zkDirty) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.prepare()
	d.order, d.coalesced = nil, false
	clear(d.known)
}

// take waits for nodes that changed, or a nudge, and forgets them.
func (d *zkDirty) take(ctx context.Context) (paths []string, coalesced bool, err error) {
	for {
		d.mu.Lock()
		d.prepare()
		paths, coalesced = d.order, d.coalesced
		some := len(paths) > 0 || d.nudged
		if some {
			d.order, d.coalesced, d.nudged = nil, false, false
			clear(d.known)
		}
		d.mu.Unlock()
		if some {
			return paths, coalesced, nil
		}
		select {
		case <-d.wake:
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
}

func (d *zkDirty) prepare() {
	if d.known == nil {
		d.known = map[string]int32{}
		d.wake = make(chan struct{}, 1)
	}
}
