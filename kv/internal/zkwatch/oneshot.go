package zkwatch

import (
	"context"
	"errors"

	"kvist/kv/internal/zkwire"
)

// oneShot follows a subtree on servers before 3.6 by watches that fire once: two for each node,
// one on its data and one on the names below it. They cost the server memory, so that there is a
// budget. It is spent on the root and the open folders first, then on their children, and then on
// the rest as far as it reaches. Other nodes are only listed, and the sink learns that not all are
// followed.
//
// Everything but held belongs to the goroutine that follows.
type oneShot struct {
	*Subtree
	pipe *zkwire.Pipe
	held *watchSet
	// removes reports whether the server removes watches (3.5 and newer). Where it does not, they
	// are only not set again when they have fired.
	removes bool

	nodes  map[string]*known
	wanted map[watchID]bool // not more than the budget
	opened map[string]bool  // the folders that were open before
	short  bool             // the budget does not reach for all that are wanted
	full   bool             // no more nodes may be known: new ones are left out
}

// known is what is known of a node.
type known struct {
	children []string
	mzxid    int64
	denied   bool // the names below it cannot be read nor watched
}

// followOneShot lists and follows until contact is lost.
func (t *Subtree) followOneShot(ctx context.Context, listed func()) error {
	o := &oneShot{Subtree: t, held: newWatchSet(), nodes: map[string]*known{}, opened: map[string]bool{}}
	w, err := t.open(ctx, func(ctx context.Context, w *zkwire.Wire) error {
		info, err := t.Dialer.ServerInfo(ctx, w.Address)
		o.removes = err == nil && !info.Before(5)
		return nil
	})
	if err != nil {
		return err
	}
	t.dirty.Reset()
	return t.over(ctx, w, o.fired, func(ctx context.Context, p *zkwire.Pipe) error {
		o.pipe = p
		if err := o.begin(ctx); err != nil {
			return err
		}
		listed()
		return t.live(ctx, o.reread)
	})
}

// begin makes the listing and then sets watches. What setting them reads is compared with the
// listing, so that nothing is missed between the two.
func (o *oneShot) begin(ctx context.Context) error {
	unseen, err := o.list(ctx, o.pipe, func(n zkwire.Node) {
		if n.Stat != nil {
			o.nodes[n.Path] = &known{children: n.Children, mzxid: n.Stat.Mzxid, denied: n.Denied}
		}
	})
	if errors.Is(err, ErrTooLarge) {
		// A watch on a folder reports only its children. So the folders above the open ones
		// cannot be followed exactly, as a Part does.
		o.full, o.listed = true, true
		unseen, err = Unseen{First: len(o.nodes)}, nil
	}
	if err != nil {
		return err
	}
	changed, err := o.spread(ctx)
	if err != nil {
		return err
	}
	o.Sink.Listed(unseen)
	o.report()
	o.Sink.Live(changed, false)
	return nil
}

// fired notes that a watch has fired. The goroutine that reads the connection calls it.
func (o *oneShot) fired(e zkwire.Event) {
	o.held.fired(e)
	o.dirty.Add(e)
}

// report reports how much is watched.
func (o *oneShot) report() {
	watches, both := o.held.count()
	o.Sink.Watched(Watched{Partial: both < len(o.nodes), Watches: watches, Budget: o.Budget})
}

// reread reads nodes whose watches have fired, and the nodes created below them, and sets the
// watches again, on other nodes if other folders are open by now.
func (o *oneShot) reread(ctx context.Context, paths []string) ([]zkwire.Node, error) {
	reads := make([]reading, 0, len(paths))
	for _, p := range paths {
		if o.nodes[p] != nil || p == o.Root {
			reads = append(reads, o.renewing(p))
		}
	}
	changed, moved, err := o.update(ctx, reads)
	if err != nil {
		return nil, err
	}
	watches, _ := o.held.count()
	if moved || o.Scope != nil && o.Scope.Changed() || o.short && watches < o.Budget {
		more, err := o.spread(ctx)
		if err != nil {
			return nil, err
		}
		changed = append(changed, more...)
	}
	o.report()
	return o.withOwners(ctx, changed)
}

// withOwners adds to changed nodes the nodes whose locks they are claims to.
func (o *oneShot) withOwners(ctx context.Context, changed []zkwire.Node) ([]zkwire.Node, error) {
	var owners []string
	for _, n := range changed {
		if owner, ok := o.Owner(n.Path); ok {
			owners = append(owners, owner)
		}
	}
	nodes, err := zkwire.ReadMany(ctx, len(owners), func(i int, got func(zkwire.Node, error)) {
		o.pipe.Read(owners[i], o.Data, false, got)
	})
	return append(changed, nodes...), err
}

// renewing returns the reading of a node that sets its watches again.
func (o *oneShot) renewing(node string) reading {
	itself, names := watchID{node, false}, watchID{node, true}
	r := reading{node: node}
	r.data = o.wanted[itself] && !o.held.has(itself)
	r.below = o.wanted[names] && !o.held.has(names)
	r.names = r.below || !o.held.has(names)
	return r
}

// update reads nodes and all new nodes found below them, and returns what changed since they were
// read last. moved reports whether nodes were created or deleted.
func (o *oneShot) update(ctx context.Context, reads []reading) (changed []zkwire.Node, moved bool, err error) {
	for len(reads) > 0 {
		nodes, err := o.readAll(ctx, reads)
		if err != nil {
			return nil, false, err
		}
		var fresh []reading
		for i, n := range nodes {
			before := len(o.nodes)
			changed = append(changed, o.compare(n)...)
			if reads[i].names && n.Stat != nil && !n.Denied {
				gone, created := o.replaceChildren(n.Path, zkwire.WithoutReserved(n.Path, n.Children))
				changed = append(changed, gone...)
				fresh = append(fresh, created...)
			}
			moved = moved || len(o.nodes) != before || len(fresh) > 0
		}
		reads = fresh
	}
	return changed, moved, nil
}

// compare notes a node as it was read, and returns it if it has changed. A deleted node goes with
// all that was known below it.
func (o *oneShot) compare(n zkwire.Node) []zkwire.Node {
	if n.Stat == nil {
		return o.forget(n.Path)
	}
	k := o.nodes[n.Path]
	if k == nil {
		k = &known{}
		o.nodes[n.Path] = k
	}
	news := k.mzxid != n.Stat.Mzxid
	k.mzxid, k.denied = n.Stat.Mzxid, n.Denied
	if !news {
		return nil
	}
	return []zkwire.Node{n}
}

// replaceChildren notes the names below a node. It returns the nodes that are gone with them, and
// the readings of those that are new.
func (o *oneShot) replaceChildren(node string, names []string) (gone []zkwire.Node, created []reading) {
	k := o.nodes[node]
	there := make(map[string]bool, len(names))
	for _, name := range names {
		there[name] = true
		if child := zkwire.Join(node, name); o.nodes[child] == nil && !o.full {
			created = append(created, reading{node: child, names: true})
		}
	}
	for _, name := range k.children {
		if !there[name] {
			gone = append(gone, o.forget(zkwire.Join(node, name))...)
		}
	}
	k.children = names
	return gone, created
}

// forget drops a node and all known below it, and returns them as deleted.
func (o *oneShot) forget(node string) []zkwire.Node {
	k := o.nodes[node]
	if k == nil {
		return nil
	}
	delete(o.nodes, node)
	var gone []zkwire.Node
	for _, child := range k.children {
		gone = append(gone, o.forget(zkwire.Join(node, child))...)
	}
	return append(gone, zkwire.Node{Path: node})
}
