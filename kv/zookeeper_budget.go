package kv

import (
	"context"
	"slices"
	"strings"
)

// zkScope is which folders are open; the zero value says that none is.
type zkScope struct{ *scope }

// changed reports whether they are others than they were when it was asked
// last.
func (s zkScope) changed() bool {
	if s.scope == nil {
		return false
	}
	select {
	case <-s.scope.changed:
		return true
	default:
		return false
	}
}

// folders are the nodes of open folders.
func (s zkScope) folders() []string {
	if s.scope == nil {
		return nil
	}
	open := s.now()
	nodes := make([]string, len(open))
	for i, key := range open {
		nodes[i] = "/" + strings.Trim(key, "/")
	}
	return nodes
}

// zkWants are watches in the order of their worth, as many as the budget has.
type zkWants struct {
	most  int
	order []zkWatch
	set   map[zkWatch]bool
}

func (w *zkWants) full() bool { return len(w.order) >= w.most }

func (w *zkWants) add(node string, below bool) {
	if want := (zkWatch{node, below}); !w.full() && !w.set[want] {
		w.set[want] = true
		w.order = append(w.order, want)
	}
}

// wants are the watches that there ought to be: of the prefix and the open
// folders, of what is right below them, and of the rest, level by level.
func (o *zkOneShot) wants(open []string) *zkWants {
	w := &zkWants{most: o.budget, set: map[zkWatch]bool{}}
	w.add(o.root, false) // tells when it is created, too
	for _, folder := range open {
		o.want(w, folder, true)
	}
	for _, below := range []bool{false, true} {
		for _, folder := range open {
			for _, name := range o.nodes[folder].children {
				o.want(w, zkJoin(folder, name), below)
			}
		}
	}
	for level := []string{o.root}; len(level) > 0 && !w.full(); {
		level = o.wantLevel(w, level)
	}
	return w
}

// wantLevel wants both watches of some nodes, and gives those right below them.
func (o *zkOneShot) wantLevel(w *zkWants, level []string) (next []string) {
	for _, node := range level {
		n := o.nodes[node]
		if n == nil {
			continue
		}
		if w.full() {
			break
		}
		o.want(w, node, false)
		o.want(w, node, true)
		for _, name := range n.children {
			next = append(next, zkJoin(node, name))
		}
	}
	return next
}

func (o *zkOneShot) want(w *zkWants, node string, below bool) {
	if n := o.nodes[node]; n != nil && !(below && n.denied) {
		w.add(node, below)
	}
}

// zkSpreads bounds how often watches are spread anew because setting them
// found that the tree had changed; what changed later is told by those set.
const zkSpreads = 4

// spread sets the watches that are worth most and not set, as far as the
// budget reaches, and takes others back for them. It gives what has changed
// since the nodes were read last.
func (o *zkOneShot) spread(ctx context.Context) (changed []zkNode, err error) {
	for range zkSpreads {
		open := []string{}
		fresh := map[string]bool{}
		for _, folder := range append([]string{o.root}, o.scope.folders()...) {
			if o.nodes[folder] != nil && zkIsBelow(o.root, folder) {
				open = append(open, folder)
				fresh[folder] = true
			}
		}
		wants := o.wants(open)
		o.wanted = wants.set
		reads, err := o.place(ctx, wants)
		if err != nil {
			return nil, err
		}
		for _, folder := range open { // what is opened is read though the budget may not reach it
			if !o.opened[folder] && !slices.ContainsFunc(reads, func(r zkRead) bool { return r.node == folder }) {
				reads = append(reads, zkRead{node: folder, names: true})
			}
		}
		o.opened = fresh
		nodes, moved, err := o.update(ctx, reads)
		if err != nil {
			return nil, err
		}
		changed = append(changed, nodes...)
		if !moved {
			break
		}
	}
	return changed, nil
}

// place makes room for the watches that are missing, and gives the readings
// that set as many as there is room for.
func (o *zkOneShot) place(ctx context.Context, wants *zkWants) ([]zkRead, error) {
	var missing []zkWatch
	for _, w := range wants.order {
		if !o.held.has(w) {
			missing = append(missing, w)
		}
	}
	watches, _ := o.held.count()
	if over := watches + len(missing) - o.budget; over > 0 && o.removes {
		if err := o.release(ctx, o.held.others(wants.set, over)); err != nil {
			return nil, err
		}
		watches, _ = o.held.count()
	}
	room := max(0, o.budget-watches)
	o.short = len(missing) > room
	missing = missing[:min(len(missing), room)]
	place := map[string]int{}
	var reads []zkRead
	for _, w := range missing {
		i, ok := place[w.node]
		if !ok {
			i = len(reads)
			place[w.node] = i
			reads = append(reads, zkRead{node: w.node})
		}
		if w.below {
			reads[i].below, reads[i].names = true, true
		} else {
			reads[i].data = true
		}
	}
	return reads, nil
}

// release takes watches back.
func (o *zkOneShot) release(ctx context.Context, watches []zkWatch) error {
	_, err := zkReadMany(ctx, len(watches), func(i int, got func(zkNode, error)) {
		o.pipe.removeWatch(watches[i], func(err error) {
			if err == nil {
				o.held.drop(watches[i])
			}
			got(zkNode{}, err)
		})
	})
	return err
}

// zkRead is the reading of a node that sets watches.
type zkRead struct {
	node        string
	data, below bool // which are set
	names       bool // the names below it are read, too
}

// readAll makes readings, and gives the nodes in their order.
func (o *zkOneShot) readAll(ctx context.Context, reads []zkRead) ([]zkNode, error) {
	place := make(map[string]int, len(reads))
	for i, r := range reads {
		place[r.node] = i
	}
	found, err := zkReadMany(ctx, len(reads), func(i int, got func(zkNode, error)) { o.read(reads[i], got) })
	if err != nil {
		return nil, err
	}
	nodes := make([]zkNode, len(reads))
	for _, n := range found {
		nodes[place[n.path]] = n
	}
	return nodes, nil
}

// read makes one reading. A watch counts from before it is asked for, so that
// it cannot fire uncounted.
func (o *zkOneShot) read(r zkRead, got func(zkNode, error)) {
	itself, below := zkWatch{r.node, false}, zkWatch{r.node, true}
	if r.data {
		o.held.add(itself)
	}
	if r.below {
		o.held.add(below)
	}
	ended := func(n zkNode, err error) {
		if r.below && (err != nil || n.stat == nil || n.denied) {
			o.held.drop(below)
		}
		got(n, err)
	}
	names := func(n zkNode, err error) {
		if err != nil || n.stat == nil || n.denied || !r.names {
			ended(n, err)
			return
		}
		o.pipe.readNames(n, r.below, ended)
	}
	switch {
	case o.values:
		o.pipe.readAgain(r.node, true, r.data, names)
	case r.data || !r.names:
		o.pipe.readStat(r.node, r.data, names)
	default:
		o.pipe.readNames(zkNode{path: r.node}, r.below, ended)
	}
}
