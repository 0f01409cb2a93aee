package kv

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/go-zookeeper/zk"
)

// zkOneShot follows a subtree on servers before 3.6 by watches that fire
// once: two for each node, one for its data and one for the names below it.
// They cost the server memory, so there is a budget; what it does not reach
// is listed and not watched, and the feed says so. The session is its own:
// the client cannot remove watches, but they end with it.
type zkOneShot struct {
	*zkSubtree
	z      *zkSession
	budget int

	mu    sync.Mutex
	spent int
	nodes map[string]*zkWatched
}

// zkWatched is what a one-shot feed knows of a node that it has listed.
type zkWatched struct {
	children    []string
	data, below bool // these watches are set
}

// followOneShot lists and follows until contact is lost.
func (t *zkSubtree) followOneShot(ctx context.Context, b *backoff) error {
	o := &zkOneShot{zkSubtree: t, budget: t.store.options.WatchBudget, nodes: map[string]*zkWatched{}}
	if o.budget <= 0 {
		o.budget = DefaultWatchBudget
	}
	opening, opened := context.WithTimeout(ctx, t.store.timeout)
	z, err := t.store.connect(opening, t.store.main.granted, o.fired)
	opened()
	if err != nil {
		return err
	}
	o.z = z
	defer z.close()
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { cancel(z.down(ctx)) })
	if err = t.list(ctx, o.first); err == nil {
		b.reset()
		t.sink.limited(o.unwatched())
		err = t.live(ctx, func() bool { return true }, o.reread)
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	cancel(err)
	wg.Wait()
	return err
}

// down waits until contact is lost; the error says so, or is ctx's.
func (z *zkSession) down(ctx context.Context) error {
	for {
		z.mu.Lock()
		up, changed := z.up, z.changed
		z.mu.Unlock()
		if !up {
			return zk.ErrConnectionClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// fired notes that a watch has fired. The client calls it; it must not wait.
func (o *zkOneShot) fired(e zk.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w := o.nodes[e.Path]
	if w == nil {
		return
	}
	switch e.Type {
	case zk.EventNodeCreated, zk.EventNodeDataChanged:
		o.clear(&w.data)
	case zk.EventNodeChildrenChanged:
		o.clear(&w.below)
	case zk.EventNodeDeleted:
		o.clear(&w.data)
		o.clear(&w.below)
	default:
		return
	}
	o.dirty.add(e.Path, int32(e.Type))
}

func (o *zkOneShot) clear(watch *bool) {
	if *watch {
		*watch = false
		o.spent--
	}
}

// first is visit for the listing.
func (o *zkOneShot) first(ctx context.Context, node string) (zkNode, []string, error) {
	n, children, err := o.visit(ctx, node)
	if err == nil {
		o.replaceChildren(node, zkWithoutReserved(node, slices.Clone(children)))
	}
	return n, children, err
}

// visit reads a node after setting the watches that are not set.
func (o *zkOneShot) visit(ctx context.Context, node string) (zkNode, []string, error) {
	if err := o.arm(ctx, node, func(w *zkWatched) *bool { return &w.data }, func(c *zk.Conn) error {
		_, _, _, err := c.ExistsW(node)
		return err
	}); err != nil {
		return zkNode{}, nil, err
	}
	if err := o.arm(ctx, node, func(w *zkWatched) *bool { return &w.below }, func(c *zk.Conn) error {
		_, _, _, err := c.ChildrenW(node)
		return err
	}); err != nil {
		return zkNode{}, nil, err
	}
	return o.zkSubtree.visitOn(ctx, o.z, node)
}

// arm sets one of a node's watches, if it is not set and within the budget.
// A node that is not there, or may not be read, has no names to watch.
func (o *zkOneShot) arm(ctx context.Context, node string, which func(*zkWatched) *bool, set func(*zk.Conn) error) error {
	o.mu.Lock()
	w := o.nodes[node]
	if w == nil {
		w = &zkWatched{}
		o.nodes[node] = w
	}
	watch := which(w)
	if *watch || o.spent >= o.budget {
		o.mu.Unlock()
		return nil
	}
	*watch = true // before it can fire
	o.spent++
	o.mu.Unlock()
	_, err := zkAskAgain(ctx, o.z, func(c *zk.Conn) (struct{}, error) { return struct{}{}, set(c) })
	if err == nil {
		return nil
	}
	o.mu.Lock()
	o.clear(watch)
	o.mu.Unlock()
	if errors.Is(err, zk.ErrNoNode) || errors.Is(err, zk.ErrNoAuth) {
		return nil
	}
	return err
}

// unwatched is the error that tells how many nodes the budget did not reach;
// nil when all are watched.
func (o *zkOneShot) unwatched() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.spent < o.budget {
		return nil
	}
	n := 0
	for _, w := range o.nodes {
		if !w.data || !w.below {
			n++
		}
	}
	return fmt.Errorf("this server has no recursive watches, and the budget of %d watches leaves %d of %d keys unwatched", o.budget, n, len(o.nodes))
}

// reread reads nodes whose watches have fired, with what came and went below
// them.
func (o *zkOneShot) reread(ctx context.Context, paths []string) ([]zkNode, error) {
	var changed []zkNode
	for _, p := range paths {
		nodes, err := o.refresh(ctx, p)
		if err != nil {
			return nil, err
		}
		changed = append(changed, nodes...)
	}
	for _, n := range slices.Clone(changed) {
		owner, ok := zkLockOwner(n.path)
		if !ok {
			continue
		}
		n, err := o.store.again(ctx, o.z, owner, o.values)
		if err != nil {
			return nil, err
		}
		changed = append(changed, n)
	}
	return changed, nil
}

// refresh reads one node anew: the changes are itself, what is new below it
// and what is gone.
func (o *zkOneShot) refresh(ctx context.Context, node string) ([]zkNode, error) {
	bounded, cancel := context.WithTimeout(ctx, o.store.timeout)
	n, children, err := o.visit(bounded, node)
	cancel()
	if err != nil {
		return nil, err
	}
	if n.stat == nil {
		return o.forget(node), nil
	}
	children = zkWithoutReserved(node, children)
	changed := []zkNode{n}
	for _, child := range o.replaceChildren(node, children) {
		changed = append(changed, o.forget(zkJoin(node, child))...)
	}
	for _, child := range children {
		if o.knows(zkJoin(node, child)) {
			continue
		}
		nodes, err := o.refresh(ctx, zkJoin(node, child))
		if err != nil {
			return nil, err
		}
		changed = append(changed, nodes...)
	}
	return changed, nil
}

// replaceChildren notes the names below a node, and gives those that are not
// among them any more.
func (o *zkOneShot) replaceChildren(node string, children []string) (gone []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w := o.nodes[node]
	for _, child := range w.children {
		if !slices.Contains(children, child) {
			gone = append(gone, child)
		}
	}
	w.children = children
	return gone
}

func (o *zkOneShot) knows(node string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.nodes[node] != nil
}

// forget drops a node and all known below it, and gives them as deleted. The
// root's watch stays: it tells when it is created.
func (o *zkOneShot) forget(node string) []zkNode {
	o.mu.Lock()
	w := o.nodes[node]
	if w == nil {
		o.mu.Unlock()
		return nil
	}
	children := w.children
	w.children = nil
	if node != o.root {
		o.clear(&w.data)
		o.clear(&w.below)
		delete(o.nodes, node)
	}
	o.mu.Unlock()
	var gone []zkNode
	for _, child := range children {
		gone = append(gone, o.forget(zkJoin(node, child))...)
	}
	return append(gone, zkNode{path: node})
}
