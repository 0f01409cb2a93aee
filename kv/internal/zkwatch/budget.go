package zkwatch

import (
	"context"
	"slices"

	"kvist/kv/internal/zkwire"
)

// wants are the watches that should be set, in the order of their worth, and not more than the
// budget.
type wants struct {
	most  int
	order []watchID
	set   map[watchID]bool
}

func (w *wants) full() bool { return len(w.order) >= w.most }

func (w *wants) add(node string, names bool) {
	if want := (watchID{node, names}); !w.full() && !w.set[want] {
		w.set[want] = true
		w.order = append(w.order, want)
	}
}

// wants returns the watches that should be set: on the root and the open folders, on their
// children, and on the rest, level by level.
func (o *oneShot) wants(open []string) *wants {
	w := &wants{most: o.Budget, set: map[watchID]bool{}}
	w.add(o.Root, false) // it also fires when the root is created
	for _, folder := range open {
		o.want(w, folder, true)
	}
	for _, names := range []bool{false, true} {
		for _, folder := range open {
			for _, name := range o.nodes[folder].children {
				o.want(w, zkwire.Join(folder, name), names)
			}
		}
	}
	for level := []string{o.Root}; len(level) > 0 && !w.full(); {
		level = o.wantLevel(w, level)
	}
	return w
}

// wantLevel wants the watches of nodes of one level, and returns the next level.
func (o *oneShot) wantLevel(w *wants, level []string) (next []string) {
	for _, node := range level {
		k := o.nodes[node]
		if k == nil {
			continue
		}
		if w.full() {
			break
		}
		o.want(w, node, false)
		o.want(w, node, true)
		for _, name := range k.children {
			next = append(next, zkwire.Join(node, name))
		}
	}
	return next
}

func (o *oneShot) want(w *wants, node string, names bool) {
	if k := o.nodes[node]; k != nil && (!names || !k.denied) {
		w.add(node, names)
	}
}

// spreadsMost bounds how often watches are spread again because setting them showed that the tree
// had changed. Later changes fire the watches that are set.
const spreadsMost = 4

// spread sets the watches that are worth most and not set, as far as the budget reaches, and
// removes others to make room. It returns what has changed since the nodes were read last.
func (o *oneShot) spread(ctx context.Context) (changed []zkwire.Node, err error) {
	for range spreadsMost {
		open := o.openFolders()
		wants := o.wants(open)
		o.wanted = wants.set
		reads, err := o.place(ctx, wants)
		if err != nil {
			return nil, err
		}
		opened := map[string]bool{}
		for _, folder := range open { // read when it is opened, even beyond the budget
			opened[folder] = true
			if !o.opened[folder] && !slices.ContainsFunc(reads, func(r reading) bool { return r.node == folder }) {
				reads = append(reads, reading{node: folder, names: true})
			}
		}
		o.opened = opened
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

// openFolders returns the root and the open folders that are known.
func (o *oneShot) openFolders() []string {
	folders := []string{o.Root}
	if o.Scope != nil {
		folders = append(folders, o.Scope.Folders()...)
	}
	return slices.DeleteFunc(folders, func(folder string) bool {
		return o.nodes[folder] == nil || !zkwire.IsBelow(o.Root, folder)
	})
}

// place makes room for the watches that are missing, and returns the readings that set as many as
// there is room for.
func (o *oneShot) place(ctx context.Context, wants *wants) ([]reading, error) {
	var missing []watchID
	for _, w := range wants.order {
		if !o.held.has(w) {
			missing = append(missing, w)
		}
	}
	watches, _ := o.held.count()
	if over := watches + len(missing) - o.Budget; over > 0 && o.removes {
		if err := o.remove(ctx, o.held.unwanted(wants.set, over)); err != nil {
			return nil, err
		}
		watches, _ = o.held.count()
	}
	room := max(0, o.Budget-watches)
	o.short = len(missing) > room
	missing = missing[:min(len(missing), room)]
	place := map[string]int{}
	var reads []reading
	for _, w := range missing {
		i, ok := place[w.node]
		if !ok {
			i = len(reads)
			place[w.node] = i
			reads = append(reads, reading{node: w.node})
		}
		if w.names {
			reads[i].below, reads[i].names = true, true
		} else {
			reads[i].data = true
		}
	}
	return reads, nil
}

// remove removes watches from the server.
func (o *oneShot) remove(ctx context.Context, watches []watchID) error {
	_, err := zkwire.ReadMany(ctx, len(watches), func(i int, got func(zkwire.Node, error)) {
		o.pipe.RemoveWatch(watches[i].node, watches[i].names, func(err error) {
			if err == nil {
				o.held.drop(watches[i])
			}
			got(zkwire.Node{}, err)
		})
	})
	return err
}

// reading is the reading of a node that sets watches.
type reading struct {
	node        string
	data, below bool // which watches are set: on the node, and on the names below it
	names       bool // the names below it are read too
}

// readAll makes readings, and returns the nodes in their order.
func (o *oneShot) readAll(ctx context.Context, reads []reading) ([]zkwire.Node, error) {
	place := make(map[string]int, len(reads))
	for i, r := range reads {
		place[r.node] = i
	}
	found, err := zkwire.ReadMany(ctx, len(reads), func(i int, got func(zkwire.Node, error)) { o.read(reads[i], got) })
	if err != nil {
		return nil, err
	}
	nodes := make([]zkwire.Node, len(reads))
	for _, n := range found {
		nodes[place[n.Path]] = n
	}
	return nodes, nil
}

// read makes one reading. A watch counts from before it is asked for, so that it cannot fire
// uncounted.
func (o *oneShot) read(r reading, got func(zkwire.Node, error)) {
	itself, below := watchID{r.node, false}, watchID{r.node, true}
	if r.data {
		o.held.add(itself)
	}
	if r.below {
		o.held.add(below)
	}
	ended := func(n zkwire.Node, err error) {
		if r.below && (err != nil || n.Stat == nil || n.Denied) {
			o.held.drop(below)
		}
		got(n, err)
	}
	names := func(n zkwire.Node, err error) {
		if err != nil || n.Stat == nil || n.Denied || !r.names {
			ended(n, err)
			return
		}
		o.pipe.ReadNames(n, r.below, ended)
	}
	switch {
	case o.Data:
		o.pipe.Read(r.node, true, r.data, names)
	case r.data || !r.names:
		o.pipe.ReadStat(r.node, r.data, names)
	default:
		o.pipe.ReadNames(zkwire.Node{Path: r.node}, r.below, ended)
	}
}
