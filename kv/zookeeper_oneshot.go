package kv

import (
	"context"
	"errors"
	"fmt"
)

// zkOneShot follows a subtree on servers before 3.6 by watches that fire
// once: two for each node, one for its data and one for the names below it.
// They cost the server memory, so there is a budget. It is spent on the prefix
// and the open folders first, then on what is right below them, and then on
// the rest as far as it reaches; what is not watched is listed, and the feed
// says that it does not follow all.
//
// Everything but held belongs to the goroutine that follows.
type zkOneShot struct {
	*zkSubtree
	pipe   *zkPipe
	held   *zkWatches
	budget int
	// removes reports whether the server takes watches back (3.5 and newer).
	// Where it does not, they are only not set again when they have fired.
	removes bool

	nodes  map[string]*zkWatched
	wanted map[zkWatch]bool // not more than the budget
	opened map[string]bool  // the folders that were open before
	short  bool             // there was no room for all that are wanted
	full   bool             // no more nodes may be known: what is new is left out
}

// zkWatched is what is known of a node.
type zkWatched struct {
	children []string
	mzxid    int64
	denied   bool // the names below it may not be read, nor watched
}

// followOneShot lists and follows until contact is lost.
func (t *zkSubtree) followOneShot(ctx context.Context, b *backoff) error {
	o := &zkOneShot{
		zkSubtree: t, held: newZkWatches(), budget: t.store.options.WatchBudget,
		nodes: map[string]*zkWatched{}, opened: map[string]bool{},
	}
	if o.budget <= 0 {
		o.budget = DefaultWatchBudget
	}
	w, err := t.wireWith(ctx, func(ctx context.Context, w *zkWire) error {
		info, err := t.store.serverInfo(ctx, w.address)
		o.removes = err == nil && !zkBefore(info.version, 5)
		return nil
	})
	if err != nil {
		return err
	}
	t.dirty.reset()
	return t.through(ctx, w, o.fired, func(ctx context.Context, p *zkPipe) error {
		o.pipe = p
		if err := o.begin(ctx); err != nil {
			return err
		}
		b.reset()
		t.unmet = 0
		return t.live(ctx, o.reread)
	})
}

// begin makes the listing and then sets watches: what setting them reads is
// compared with the listing, so that nothing falls between the two.
func (o *zkOneShot) begin(ctx context.Context) error {
	unseen, err := o.list(ctx, o.pipe, func(n zkNode) {
		if n.stat != nil {
			o.nodes[n.path] = &zkWatched{children: n.children, mzxid: n.stat.Mzxid, denied: n.denied}
		}
	})
	if errors.Is(err, errBeyondMemory) {
		// Such servers tell of a folder only what is right in it, so that there
		// is no following of open folders that ends exact.
		o.full, o.synced = true, true
		unseen, err = o.store.fail("follow", zkKey(o.root), withKind(ErrPartly, fmt.Errorf(
			"the first %d nodes take more than %s of memory, and the others are left out", len(o.nodes), Bytes(o.feed.most)))), nil
	}
	if err != nil {
		return err
	}
	changed, err := o.spread(ctx)
	if err != nil {
		return err
	}
	o.sink.sync(unseen)
	o.tell()
	o.sink.live(changed, false)
	return nil
}

// fired notes that a watch has fired. It is called by the reader of the pipe.
func (o *zkOneShot) fired(e zkEvent) {
	o.held.fired(e)
	o.dirty.add(e.path, e.kind)
}

// tell says how much is watched.
func (o *zkOneShot) tell() {
	watches, both := o.held.count()
	o.sink.reached(reach{partial: both < len(o.nodes), watches: watches, budget: o.budget})
}

// reread reads nodes whose watches have fired, with what came and went below
// them, and sets the watches again, in other places if something else is open
// by now.
func (o *zkOneShot) reread(ctx context.Context, paths []string) ([]zkNode, error) {
	reads := make([]zkRead, 0, len(paths))
	for _, p := range paths {
		if o.nodes[p] != nil || p == o.root {
			reads = append(reads, o.renewed(p))
		}
	}
	changed, moved, err := o.update(ctx, reads)
	if err != nil {
		return nil, err
	}
	watches, _ := o.held.count()
	if moved || o.scope.changed() || o.short && watches < o.budget {
		more, err := o.spread(ctx)
		if err != nil {
			return nil, err
		}
		changed = append(changed, more...)
	}
	o.tell()
	return o.withLocks(ctx, changed)
}

// withLocks adds to changed nodes the keys whose locks they belong to.
func (o *zkOneShot) withLocks(ctx context.Context, changed []zkNode) ([]zkNode, error) {
	var owners []string
	for _, n := range changed {
		if owner, ok := zkLockOwner(n.path); ok {
			owners = append(owners, owner)
		}
	}
	nodes, err := zkReadMany(ctx, len(owners), func(i int, got func(zkNode, error)) {
		o.pipe.readAgain(owners[i], o.values, false, got)
	})
	return append(changed, nodes...), err
}

// renewed is the reading of a node that sets its watches again.
func (o *zkOneShot) renewed(node string) zkRead {
	r := zkRead{node: node}
	w := zkWatch{node: node}
	r.data = o.wanted[w] && !o.held.has(w)
	w.below = true
	r.below = o.wanted[w] && !o.held.has(w)
	r.names = r.below || !o.held.has(w)
	return r
}

// update reads nodes and all that is found to be new below them, and gives
// what changed since they were read last; moved reports whether nodes came or
// went.
func (o *zkOneShot) update(ctx context.Context, reads []zkRead) (changed []zkNode, moved bool, err error) {
	for len(reads) > 0 {
		nodes, err := o.readAll(ctx, reads)
		if err != nil {
			return nil, false, err
		}
		var fresh []zkRead
		for i, n := range nodes {
			before := len(o.nodes)
			changed = append(changed, o.compare(n)...)
			if reads[i].names && n.stat != nil && !n.denied {
				gone, came := o.replaceChildren(n.path, zkWithoutReserved(n.path, n.children))
				changed = append(changed, gone...)
				fresh = append(fresh, came...)
			}
			moved = moved || len(o.nodes) != before || len(fresh) > 0
		}
		reads = fresh
	}
	return changed, moved, nil
}

// compare notes a node as it was read, and gives it if that is news. One that
// is gone goes with all that was known below it.
func (o *zkOneShot) compare(n zkNode) []zkNode {
	if n.stat == nil {
		return o.forget(n.path)
	}
	w := o.nodes[n.path]
	if w == nil {
		w = &zkWatched{}
		o.nodes[n.path] = w
	}
	news := w.mzxid != n.stat.Mzxid
	w.mzxid, w.denied = n.stat.Mzxid, n.denied
	if !news {
		return nil
	}
	return []zkNode{n}
}

// replaceChildren notes the names below a node: gone is what went with those
// that are not among them any more, came are those to be read.
func (o *zkOneShot) replaceChildren(node string, names []string) (gone []zkNode, came []zkRead) {
	w := o.nodes[node]
	there := make(map[string]bool, len(names))
	for _, name := range names {
		there[name] = true
		if child := zkJoin(node, name); o.nodes[child] == nil && !o.full {
			came = append(came, zkRead{node: child, names: true})
		}
	}
	for _, name := range w.children {
		if !there[name] {
			gone = append(gone, o.forget(zkJoin(node, name))...)
		}
	}
	w.children = names
	return gone, came
}

// forget drops a node and all known below it, and gives them as deleted.
func (o *zkOneShot) forget(node string) []zkNode {
	w := o.nodes[node]
	if w == nil {
		return nil
	}
	delete(o.nodes, node)
	var gone []zkNode
	for _, child := range w.children {
		gone = append(gone, o.forget(zkJoin(node, child))...)
	}
	return append(gone, zkNode{path: node})
}
