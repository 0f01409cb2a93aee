package tree

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// machine does the same to a Tree and to the model.
type machine struct {
	tree  *Tree
	model *model
	join  bool
	clock time.Time
	index uint64
	mark  map[string]bool // keys put since BeginListing; nil outside a listing
	named map[string]bool // unlisted folders put since then
}

// newMachine is one whose first listing has ended, so that changes are lit.
func newMachine() *machine {
	m := &machine{tree: New(""), model: &model{}, clock: time.Unix(1, 0)}
	m.tree.BeginListing()
	m.tree.EndListing(m.clock)
	return m
}

// path draws a key; few segments, so that keys become folders and back, and
// empty ones at every place.
func path(t *rapid.T) string {
	seg := rapid.SampledFrom([]string{"", "a", "b", "c", "a-", "\xff"})
	for {
		key := strings.Join(rapid.SliceOfN(seg, 1, 5).Draw(t, "key"), "/")
		if key != "" {
			return key
		}
	}
}

// now is a later time, or none at all.
func (m *machine) now(t *rapid.T) time.Time {
	m.clock = m.clock.Add(time.Second)
	if rapid.IntRange(0, 3).Draw(t, "unlit") == 0 {
		return time.Time{}
	}
	return m.clock
}

func (m *machine) Put(t *rapid.T) {
	m.index += uint64(rapid.IntRange(0, 1).Draw(t, "index"))
	e := Entry{Key: path(t), Index: m.index, Size: rapid.IntRange(0, 9).Draw(t, "size"), Flags: rapid.Uint8Range(0, 1).Draw(t, "flags")}
	now := m.now(t)
	if got, want := m.tree.Put(e, now), m.model.put(e, now); got != want {
		t.Fatalf("Put(%v) = %v, want %v", e, got, want)
	}
	if m.mark != nil {
		m.mark[e.Key] = true
	}
}

func (m *machine) Delete(t *rapid.T) {
	key, now := path(t), m.now(t)
	if got, want := m.tree.Delete(key, now), m.model.remove(key, now); got != want {
		t.Fatalf("Delete(%q) = %v, want %v", key, got, want)
	}
}

func (m *machine) PutFolder(t *rapid.T) {
	key, now := path(t), m.now(t)
	if got, want := m.tree.PutFolder(key, now), m.model.putFolder(key, now); got != want {
		t.Fatalf("PutFolder(%q) = %v, want %v", key, got, want)
	}
	if m.mark != nil {
		m.named[key] = true
	}
}

func (m *machine) GoneFolder(t *rapid.T) {
	key, now := path(t), m.now(t)
	got, gotOK := m.tree.GoneFolder(key, now)
	if want, ok := m.model.goneFolder(key, now); got != want || gotOK != ok {
		t.Fatalf("GoneFolder(%q) = %d, %v, want %d, %v", key, got, gotOK, want, ok)
	}
}

func (m *machine) Begin(*rapid.T) {
	m.tree.BeginListing()
	m.mark, m.named = map[string]bool{}, map[string]bool{}
}

func (m *machine) End(t *rapid.T) {
	now := m.now(t)
	gone := 0
	if m.mark != nil {
		for _, path := range m.model.unknowns("") {
			if !m.named[path] {
				m.model.goneFolder(path, now)
				gone++
			}
		}
		for _, e := range m.keys() {
			if !m.mark[e.Key] {
				m.model.remove(e.Key, now)
				gone++
			}
		}
		m.mark = nil
	}
	if got := m.tree.EndListing(now); got != gone {
		t.Fatalf("EndListing = %d, want %d", got, gone)
	}
}

// keys is the model's keys in order.
func (m *machine) keys() []Entry {
	var keys []Entry
	m.model.walk("", func(e Entry) { keys = append(keys, e) })
	return keys
}

func (m *machine) Fold(t *rapid.T) {
	key := path(t)
	what := rapid.SampledFrom([]string{"open", "close", "toggle", "all", "none"}).Draw(t, "what")
	nodes := m.model.find(key)
	ok := len(nodes) > 0 && nodes[len(nodes)-1].folder()
	if ok {
		n := nodes[len(nodes)-1]
		for m.joins() && n.link() {
			nodes = append(nodes, n.only())
			n = n.only()
		}
		was := n.open
		switch what {
		case "open":
			n.open, ok = true, !was
		case "close":
			n.open, ok = false, was
		case "toggle":
			n.open = !was
		default:
			n.open = what == "all"
			n.foldAll(what == "all")
		}
		for _, a := range nodes[:len(nodes)-1] {
			if ok && m.joins() && a.link() {
				a.open = true
			}
		}
	}
	do := map[string]func(string) bool{"open": m.tree.Open, "close": m.tree.Close, "toggle": m.tree.Toggle, "all": m.tree.OpenAll, "none": m.tree.CloseAll}
	if got := do[what](key); got != ok {
		t.Fatalf("%s(%q) = %v, want %v", what, key, got, ok)
	}
}

func (m *machine) FoldTree(t *rapid.T) {
	open := rapid.Bool().Draw(t, "open")
	m.model.foldAll(open)
	if open {
		m.tree.OpenTree()
	} else {
		m.tree.CloseTree()
	}
}

func (m *machine) Join(t *rapid.T) {
	m.join = rapid.Bool().Draw(t, "join")
	m.tree.JoinChains(m.join)
}

func (m *machine) Reveal(t *rapid.T) {
	key := path(t)
	if m.model.filter != nil {
		m.checkRevealed(t, key)
		return
	}
	nodes := m.model.find(key)
	for _, n := range nodes[:max(0, len(nodes)-1)] {
		n.open = true
	}
	if nodes != nil && m.join {
		for n := nodes[len(nodes)-1]; n.link(); n = n.only() {
			n.open = true
		}
	}
	row, ok := m.tree.Reveal(key)
	if ok != (nodes != nil) {
		t.Fatalf("Reveal(%q) ok = %v", key, ok)
	}
	if again, visible := m.tree.RowOf(key); again != row || visible != ok {
		t.Fatalf("Reveal(%q) = %d, RowOf = %d, %v", key, row, again, visible)
	}
}

func (m *machine) Expire(t *rapid.T) {
	before := m.clock.Add(-time.Duration(rapid.IntRange(-1, 5).Draw(t, "age")) * time.Second)
	m.tree.Expire(before)
	m.model.expire(before)
	m.model.prune()
}

// walk gives every key in order.
func (m *model) walk(base string, visit func(Entry)) {
	for _, r := range m.sorted() {
		c := m.kids[r]
		if c.key {
			e := c.entry
			e.Key = base + r
			visit(e)
		}
		c.walk(base+r+"/", visit)
	}
}

func (m *model) sorted() []string {
	segs := make([]string, 0, len(m.kids))
	for s := range m.kids {
		segs = append(segs, s)
	}
	slices.Sort(segs)
	return segs
}

// unknowns is the paths of the unlisted folders.
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

// lit is how many nodes are lit for themselves, and how many for what is
// inside.
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

// Check compares everything that can be asked.
func (m *machine) Check(t *rapid.T) {
	m.sound(t)
	if own, inside := m.model.litNodes(); m.tree.Lit() != max(own, min(1, inside)) {
		t.Fatalf("Lit = %d, want %d or for %d inside", m.tree.Lit(), own, inside)
	}
	m.compare()
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
		if m.tree.stale != stale {
			t.Fatalf("stale = %d, want %d", m.tree.stale, stale)
		}
	}
}

// checkPlaces checks that rows and their numbers agree, and who is in whom.
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

// checkKey checks what is said of a key that may be there or not.
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

// nearest is what Nearest promises, found among all rows.
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

// beside is the row nearest to seg, which is missing in the folder n.
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

// shows is the row of path, or of the joined chain that it is part of.
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

// sound checks the balance that the costs rest on, and that nothing leaks.
func (m *machine) sound(t *rapid.T) {
	tr := m.tree
	nodes, lit, texts := 0, 0, 0
	var walk func(r ref)
	walk = func(r ref) {
		if r == 0 {
			return
		}
		n := tr.at(r)
		if l, r := tr.weight(n.left), tr.weight(n.right); l > heavy*r || r > heavy*l {
			t.Fatalf("%q is out of balance: %d and %d", tr.seg(n), l, r)
		}
		nodes++
		if n.is(isLit) {
			lit++
		}
		if n.length > 0 && n.length < longText {
			texts++
		}
		walk(n.left)
		walk(n.right)
		walk(n.kids)
	}
	walk(tr.top)
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

func TestRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine()
		t.Repeat(map[string]func(*rapid.T){
			"put": m.Put, "put again": m.Put, "put more": m.Put, "delete": m.Delete, "delete more": m.Delete,
			"begin": m.Begin, "end": m.End, "fold": m.Fold, "fold more": m.Fold, "fold tree": m.FoldTree,
			"folder": m.PutFolder, "gone folder": m.GoneFolder, "join": m.Join, "reveal": m.Reveal, "expire": m.Expire, "filter": m.Filter, "search": m.Search, "search on": m.Search, "": m.Check,
		})
	})
}
