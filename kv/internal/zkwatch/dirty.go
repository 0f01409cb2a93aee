package zkwatch

import (
	"context"
	"sync"

	"kvist/kv/internal/wait"
	"kvist/kv/internal/zkwire"
)

// Dirty is the set of nodes that changed and were not read again since, in the order of their
// changes. The zero value is ready for use.
type Dirty struct {
	mu        sync.Mutex
	known     map[string]int32 // the last event of each
	order     []string
	coalesced bool // one of them changed twice
	nudged    bool
	wake      chan struct{}
}

// Add notes a node that changed. A creation and the change after it are one change for a reader
// that knew nothing of the node.
func (d *Dirty) Add(e zkwire.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.prepare()
	before, known := d.known[e.Path]
	if !known {
		d.order = append(d.order, e.Path)
	} else if before != zkwire.Created || e.Kind != zkwire.Changed {
		d.coalesced = true
	}
	d.known[e.Path] = e.Kind
	wait.Signal(d.wake)
}

// Recheck notes a node that must be read again though it may not have changed.
func (d *Dirty) Recheck(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.prepare()
	if _, known := d.known[path]; !known {
		d.order = append(d.order, path)
		d.known[path] = zkwire.Created
	}
	wait.Signal(d.wake)
}

// Nudge makes Take return though nothing changed.
func (d *Dirty) Nudge() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.prepare()
	d.nudged = true
	wait.Signal(d.wake)
}

// Reset forgets all nodes.
func (d *Dirty) Reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.prepare()
	d.order, d.coalesced = nil, false
	clear(d.known)
}

// Take waits for nodes that changed, or for Nudge, and forgets the nodes. It reports in coalesced
// whether one of them may have had states between the last one that was read and the next.
func (d *Dirty) Take(ctx context.Context) (paths []string, coalesced bool, err error) {
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

func (d *Dirty) prepare() {
	if d.known == nil {
		d.known = map[string]int32{}
		d.wake = make(chan struct{}, 1)
	}
}
