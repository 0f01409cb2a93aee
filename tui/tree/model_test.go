package tree

import (
	"maps"
	"slices"
	"strings"
	"time"

	"kvist/tui/tree/match"
)

// model is the tree done naively: every node has a map of its children, and
// everything is found by walking all of it.
type model struct {
	kids              map[string]*model
	key               bool
	ghost             bool
	unknown           bool // an unlisted folder
	hit               bool // it was compared with the filter, and matches
	entry             Entry
	open              bool
	marked, markedAll bool
	opensNew          bool
	own               Light
	inside            time.Time

	filter *match.Pattern  // of the root
	out    map[string]bool // of the root: what is taken out of marked folders
}

// finds reports whether the filter matches path.
func (m *model) finds(path string) bool { return m.filter != nil && m.filter.Match(path) }

// child returns the child of a name, which it makes if there is none.
func (m *model) child(seg string) *model {
	c := m.kids[seg]
	if c == nil {
		c = &model{open: m.opensNew, opensNew: m.opensNew}
		if m.kids == nil {
			m.kids = map[string]*model{}
		}
		m.kids[seg] = c
	}
	return c
}

// find returns the nodes from below the root to path, or nil.
func (m *model) find(path string) []*model {
	var nodes []*model
	for seg := range strings.SplitSeq(path, "/") {
		m = m.kids[seg]
		if m == nil {
			return nil
		}
		nodes = append(nodes, m)
	}
	return nodes
}

func (m *model) put(e Entry, now time.Time) Change {
	nodes := []*model{}
	n := m
	for seg := range strings.SplitSeq(e.Key, "/") {
		n.ghost, n.unknown = false, false
		n = n.child(seg)
		nodes = append(nodes, n)
	}
	change := Added
	switch {
	case n.key && n.entry.Index == e.Index && n.entry.Flags == e.Flags && n.entry.Preview == e.Preview:
		change = None
	case n.key:
		change = Changed
		if n.entry.Preview {
			now = time.Time{}
		}
	}
	n.key, n.ghost, n.entry = true, false, e
	n.hit = change != Added && n.hit || change == Added && m.finds(e.Key)
	shine(nodes, change, now)
	return change
}

func shine(nodes []*model, change Change, now time.Time) {
	if change == None || now.IsZero() {
		return
	}
	for _, n := range nodes[:len(nodes)-1] {
		n.inside = now
	}
	nodes[len(nodes)-1].own = Light{change, now}
}

func (m *model) remove(path string, now time.Time) Change {
	nodes := m.find(path)
	if len(nodes) == 0 || !nodes[len(nodes)-1].key {
		return None
	}
	n := nodes[len(nodes)-1]
	n.key = false
	n.ghost = !now.IsZero() && !n.folder()
	shine(nodes, Removed, now)
	m.prune()
	return Removed
}

// entryOf returns the entry of the key path, zero if there is none.
func (m *model) entryOf(path string) Entry {
	nodes := m.find(path)
	if len(nodes) == 0 || !nodes[len(nodes)-1].key {
		return Entry{}
	}
	return nodes[len(nodes)-1].entry
}

// putFolder makes path an unlisted folder.
func (m *model) putFolder(path string, now time.Time) Change {
	m.closeOut(path)
	nodes := []*model{}
	n := m
	for seg := range strings.SplitSeq(path, "/") {
		n.ghost, n.unknown = false, false
		n = n.child(seg)
		nodes = append(nodes, n)
	}
	change := Added
	if n.folder() {
		change = None
	}
	n.kids, n.unknown, n.ghost = nil, true, false
	n.hit = m.finds(path)
	shine(nodes, change, now)
	return change
}

// goneFolder removes what is below path.
func (m *model) goneFolder(path string, now time.Time) (keys int, ok bool) {
	nodes := m.find(path)
	if len(nodes) == 0 || !nodes[len(nodes)-1].folder() {
		return 0, false
	}
	n := nodes[len(nodes)-1]
	keys = n.count()
	n.kids, n.unknown = nil, false
	switch {
	case now.IsZero():
	case n.key:
		for _, a := range nodes[:len(nodes)-1] {
			a.inside = now
		}
	default:
		n.ghost, n.entry = true, Entry{Size: -1}
		n.hit = m.finds(path)
		shine(nodes, Removed, now)
	}
	m.prune()
	return keys, true
}

func (m *model) folder() bool { return len(m.kids) > 0 || m.unknown }

// someUnknown reports whether m is or contains an unlisted folder.
func (m *model) someUnknown() bool {
	for _, c := range m.kids {
		if c.someUnknown() {
			return true
		}
	}
	return m.unknown
}

// prune removes what is neither a key nor a ghost and contains none.
func (m *model) prune() {
	for seg, c := range m.kids {
		c.prune()
		if !c.key && !c.ghost && !c.folder() {
			delete(m.kids, seg)
		}
	}
}

func (m *model) expire(before time.Time) {
	for _, c := range m.kids {
		if c.own.At.Before(before) {
			c.own = Light{}
			c.ghost = false
		}
		if c.inside.Before(before) {
			c.inside = time.Time{}
		}
		c.expire(before)
	}
}

// foldAll opens or closes everything below.
func (m *model) foldAll(open bool) {
	m.opensNew = open
	for _, c := range m.kids {
		c.open = open
		c.foldAll(open)
	}
}

func (m *model) link() bool {
	if m.key || len(m.kids) != 1 {
		return false
	}
	for _, c := range m.kids {
		return c.folder()
	}
	return false
}

func (m *model) only() *model {
	for _, c := range m.kids {
		return c
	}
	return nil
}

// count returns the number of keys below.
func (m *model) count() int {
	n := 0
	for _, c := range m.kids {
		n += c.count()
		if c.key {
			n++
		}
	}
	return n
}

// rows returns every row below, in order. base is the path of m and its "/", and
// name the part of a chain that comes before.
func (m *model) rows(join bool, base, name string, depth int, rails uint64, more, marked bool) []Row {
	var rows []Row
	segs := slices.Sorted(maps.Keys(m.kids))
	for i, seg := range segs {
		c := m.kids[seg]
		own := more || i < len(segs)-1
		if join && c.link() {
			rows = append(rows, c.rows(join, base+seg+"/", name+seg+"/", depth, rails, own, marked || c.markedAll)...)
			continue
		}
		r := Row{
			Key: base + seg, Name: name + seg, Depth: depth, Rails: rails,
			IsKey: c.key, IsFolder: c.folder(), Open: c.open && c.folder(), Unlisted: c.unknown,
			Count: c.count(), Size: -1, More: !c.unknown && c.someUnknown(),
			Marked: marked || c.marked || c.markedAll, Marks: c.markedKeys(marked || c.markedAll),
		}
		if own {
			r.Rails |= 1 << depth
		}
		r.Ghost = !r.IsKey && r.Count == 0 && !c.someUnknown()
		if c.key || c.ghost {
			r.Index, r.Size, r.Flags, r.Preview = c.entry.Index, c.entry.Size, c.entry.Flags, c.entry.Preview
		}
		r.Lit = c.lit()
		rows = append(rows, r)
		if c.open {
			rows = append(rows, c.rows(join, base+seg+"/", "", depth+1, r.Rails, false, marked || c.markedAll)...)
		}
	}
	return rows
}

func (m *model) lit() Light {
	switch {
	case m.own.Kind == Removed && m.key:
		return Light{}
	case m.own.Kind != None:
		return m.own
	case m.open || m.inside.IsZero():
		return Light{}
	}
	return Light{Inside, m.inside}
}
