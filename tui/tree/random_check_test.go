package tree

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// unknowns returns the paths of the unlisted folders.
func (m *model) unknowns(base string) []string {
	var paths []string
	for seg, c := range m.kids {
		if c.unknown {
			paths = append(paths, base+seg)
		}
		paths = append(paths, c.unknowns(base+seg+"/")...)
	}
	return paths
}

// litNodes returns how many nodes are lit for themselves, and how many for what is
// inside them.
func (m *model) litNodes() (own, inside int) {
	for _, c := range m.kids {
		o, i := c.litNodes()
		own, inside = own+o, inside+i
		if c.own.Kind != None {
			own++
		}
		if !c.inside.IsZero() {
			inside++
		}
	}
	return own, inside
}

// Check compares the results of all methods.
func (m *machine) Check(t *rapid.T) {
	m.sound(t)
	if own, inside := m.model.litNodes(); m.tree.Lit() != max(own, min(1, inside)) {
		t.Fatalf("Lit = %d, want %d or for %d inside", m.tree.Lit(), own, inside)
	}
	m.compare()
	m.model.dropMarks()
	want := m.rows()
	if m.tree.Len() != len(want) {
		t.Fatalf("Len = %d, want %d", m.tree.Len(), len(want))
	}
	got := m.tree.Rows(0, len(want)+3)
	if !slices.Equal(got, want) {
		t.Fatalf("rows\n%s\nwant\n%s", list(got), list(want))
	}
	if len(want) > 0 {
		from := rapid.IntRange(0, len(want)-1).Draw(t, "from")
		n := rapid.IntRange(0, 4).Draw(t, "n")
		if got := m.tree.Rows(from, n); !slices.Equal(got, want[from:min(from+n, len(want))]) {
			t.Fatalf("Rows(%d, %d)\n%s", from, n, list(got))
		}
	}
	m.checkPlaces(t, want)
	m.checkHits(t)
	m.checkMarks(t)
	keys := m.keys()
	if got := slices.Collect(m.tree.All()); !slices.Equal(got, keys) || m.tree.Keys() != len(keys) {
		t.Fatalf("All = %v (%d), want %v", got, m.tree.Keys(), keys)
	}
	m.checkKey(t, path(t))
	if m.mark != nil {
		stale := 0
		for _, e := range keys {
			if !m.mark[e.Key] {
				stale++
			}
		}
		for _, path := range m.model.unknowns("") {
			if !m.named[path] {
				stale++
			}
		}
		if len(m.tree.forgotten) == 0 && m.tree.stale != stale {
			t.Fatalf("stale = %d, want %d", m.tree.stale, stale)
		}
	}
}

// checkPlaces checks the numbers of the rows, and which row is in which.
func (m *machine) checkPlaces(t *rapid.T, rows []Row) {
	var around []int
	for i, r := range rows {
		if row, ok := m.tree.RowOf(r.Key); !ok || row != i {
			t.Fatalf("RowOf(%q) = %d, %v, want %d", r.Key, row, ok, i)
		}
		if row, ok := m.tree.Nearest(r.Key); !ok || row != i {
			t.Fatalf("Nearest(%q) = %d, %v, want %d", r.Key, row, ok, i)
		}
		around = append(around[:r.Depth], i)
		parent, ok := m.tree.Parent(i)
		if ok != (r.Depth > 0) || ok && parent != around[r.Depth-1] {
			t.Fatalf("Parent(%d) = %d, %v", i, parent, ok)
		}
		child, ok := m.tree.FirstChild(i)
		if ok != (r.Open && !r.Unlisted) || ok && child != i+1 {
			t.Fatalf("FirstChild(%d) = %d, %v", i, child, ok)
		}
	}
}

// checkKey checks what the methods return for a key that may not be there.
func (m *machine) checkKey(t *rapid.T, key string) {
	nodes := m.model.find(key)
	e, ok := m.tree.Lookup(key)
	if want := len(nodes) > 0 && nodes[len(nodes)-1].key; ok != want || ok && e != withKey(nodes[len(nodes)-1].entry, key) {
		t.Fatalf("Lookup(%q) = %v, %v", key, e, ok)
	}
	below := 0
	if nodes != nil {
		below = nodes[len(nodes)-1].count()
	}
	if n, ok := m.tree.Count(key); n != below || ok != (below > 0) {
		t.Fatalf("Count(%q) = %d, %v, want %d", key, n, ok, below)
	}
	want, exact := m.nearest(key)
	if row, ok := m.tree.RowOf(key); ok != exact || ok && row != want {
		t.Fatalf("RowOf(%q) = %d, %v, want %d, %v", key, row, ok, want, exact)
	}
	if row, ok := m.tree.Nearest(key); ok != (m.tree.Len() > 0) || row != want {
		t.Fatalf("Nearest(%q) = %d, %v, want %d", key, row, ok, want)
	}
}

// nearest is Nearest, found among all rows.
func (m *machine) nearest(key string) (row int, exact bool) {
	rows := m.rows()
	n, path := m.model, ""
	for i, seg := range strings.Split(key, "/") {
		next := n.kids[seg]
		if next == nil || m.model.filter != nil && !next.shown() {
			return m.beside(rows, n, path, seg), false
		}
		n = next
		if i > 0 {
			path += "/"
		}
		path += seg
		last := path == key && i == strings.Count(key, "/")
		opened := n.open
		if m.model.filter != nil {
			opened = n.someShown()
		}
		if !last && !opened && (!m.joins() || !n.link()) {
			return m.shows(rows, path), false
		}
	}
	return m.shows(rows, path), true
}

// beside returns the row nearest to seg, which is missing in the folder n.
func (m *machine) beside(rows []Row, n *model, path, seg string) int {
	segs := n.sorted()
	if m.model.filter != nil {
		segs = slices.DeleteFunc(segs, func(seg string) bool { return !n.kids[seg].shown() })
	}
	if len(segs) == 0 {
		return max(0, m.shows(rows, path))
	}
	i, _ := slices.BinarySearch(segs, seg)
	i = min(i, len(segs)-1)
	if n != m.model {
		path += "/"
	}
	return m.shows(rows, path+segs[i])
}

// shows returns the row of path, or of the joined chain that it is part of.
func (m *machine) shows(rows []Row, path string) int {
	n := m.model.find(path)
	if n == nil {
		return -1
	}
	for last := n[len(n)-1]; m.joins() && last.link(); last = last.only() {
		path += "/" + last.sorted()[0]
	}
	return slices.IndexFunc(rows, func(r Row) bool { return r.Key == path })
}

// sound checks the balance, on which the costs depend, and that nothing leaks.
func (m *machine) sound(t *rapid.T) {
	tr := m.tree
	nodes, lit, texts := 0, 0, 0
	var walk func(r ref)
	walk = func(r ref) {
		if r == 0 {
			return
		}
		n := tr.at(r)
		if l, r := tr.weight(n.left), tr.weight(n.right); l > delta*r || r > delta*l {
			t.Fatalf("%q is out of balance: %d and %d", tr.seg(n), l, r)
		}
		nodes++
		if n.is(isLit) {
			lit++
		}
		if n.length > shortText && n.length < longText {
			texts++
		}
		walk(n.left)
		walk(n.right)
		walk(n.kids)
	}
	walk(tr.top)
	for _, f := range tr.forgotten {
		walk(f.at)
	}
	free := 0
	for r := tr.nodes.free; r != 0; r = tr.at(r).left {
		free++
	}
	live := 0
	for _, p := range tr.texts.pages {
		live += int(p.live)
	}
	if nodes+free != int(tr.nodes.used) || texts != live || lit != len(tr.lights.of) {
		t.Fatalf("%d nodes and %d free of %d, %d texts of %d, %d lit of %d",
			nodes, free, tr.nodes.used, texts, live, lit, len(tr.lights.of))
	}
}

func withKey(e Entry, key string) Entry {
	e.Key = key
	return e
}

func list(rows []Row) string {
	s := ""
	for _, r := range rows {
		s += fmt.Sprintf("%+v\n", r)
	}
	return s
}
