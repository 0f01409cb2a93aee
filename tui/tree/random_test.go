package tree

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// machine does the same to a Tree and to a model of it.
type machine struct {
	tree  *Tree
	model *model
	join  bool
	clock time.Time
	index uint64
	mark  map[string]bool // keys put since BeginListing; nil outside a listing
	named map[string]bool // unlisted folders put since then
}

// newMachine returns one whose first listing has ended, so that changes are lit.
func newMachine() *machine {
	m := &machine{tree: New(""), model: &model{}, clock: time.Unix(1, 0)}
	m.tree.BeginListing()
	m.tree.EndListing(m.clock)
	return m
}

// long does not fit into a node.
const long = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// path draws a key of few segments, so that keys become folders and back, with
// empty ones in every place.
func path(t *rapid.T) string {
	seg := rapid.SampledFrom([]string{"", "a", "b", "c", "a-", "\xff", long})
	for {
		key := strings.Join(rapid.SliceOfN(seg, 1, 5).Draw(t, "key"), "/")
		if key != "" {
			return key
		}
	}
}

// now returns a later time, or the zero time.
func (m *machine) now(t *rapid.T) time.Time {
	m.clock = m.clock.Add(time.Second)
	if rapid.IntRange(0, 3).Draw(t, "unlit") == 0 {
		return time.Time{}
	}
	return m.clock
}

func (m *machine) Put(t *rapid.T) {
	m.index += uint64(rapid.IntRange(0, 1).Draw(t, "index"))
	e := Entry{Key: path(t), Index: m.index, Size: rapid.IntRange(0, 9).Draw(t, "size"), Flags: rapid.Uint8Range(0, 1).Draw(t, "flags"), Preview: rapid.Bool().Draw(t, "preview")}
	now := m.now(t)
	before := m.model.entryOf(e.Key)
	got, was := m.tree.Put(e, now)
	if want := m.model.put(e, now); got != want || was != before {
		t.Fatalf("Put(%v) = %v, %v, want %v, %v", e, got, was, want, before)
	}
	if m.mark != nil {
		m.mark[e.Key] = true
	}
}

func (m *machine) Delete(t *rapid.T) {
	key, now := path(t), m.now(t)
	before := m.model.entryOf(key)
	got, was := m.tree.Delete(key, now)
	if want := m.model.remove(key, now); got != want || was != before {
		t.Fatalf("Delete(%q) = %v, %v, want %v, %v", key, got, was, want, before)
	}
}

func (m *machine) PutFolder(t *rapid.T) {
	key, now := path(t), m.now(t)
	m.darken(key)
	if got, want := m.tree.PutFolder(key, now), m.model.putFolder(key, now); got != want {
		t.Fatalf("PutFolder(%q) = %v, want %v", key, got, want)
	}
	if m.mark != nil {
		m.named[key] = true
	}
}

func (m *machine) GoneFolder(t *rapid.T) {
	key, now := path(t), m.now(t)
	m.darken(key)
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
	var gone Swept
	if m.mark != nil {
		for _, path := range m.model.unknowns("") {
			if !m.named[path] {
				m.model.goneFolder(path, now)
				gone.Folders++
			}
		}
		for _, e := range m.keys() {
			if !m.mark[e.Key] {
				m.model.remove(e.Key, now)
				gone.Keys = append(gone.Keys, e)
			}
		}
		m.mark = nil
	}
	slice := rapid.IntRange(1, 20).Draw(t, "slice")
	var got Swept
	for done := false; !done; {
		var some Swept
		some, done = m.tree.Sweep(now, slice)
		got.Keys = append(got.Keys, some.Keys...)
		got.Folders += some.Folders
	}
	if !slices.Equal(got.Keys, gone.Keys) || got.Folders != gone.Folders {
		t.Fatalf("Sweep = %v, want %v", got, gone)
	}
}

// darken puts out the lights of the model where the tree forgets a folder.
func (m *machine) darken(key string) {
	nodes := m.model.find(key)
	own, inside := m.model.litNodes()
	if nodes == nil || own+inside == 0 || nodes[len(nodes)-1].below() <= int(m.tree.forgetNow) {
		return
	}
	m.model.expire(m.clock.Add(time.Hour))
	m.model.prune()
}

// below returns how many nodes are below n.
func (m *model) below() int {
	n := 0
	for _, c := range m.kids {
		n += 1 + c.below()
	}
	return n
}

func (m *machine) Tidy(t *rapid.T) {
	m.tree.Tidy(rapid.IntRange(0, 5).Draw(t, "nodes"))
}

// keys returns the keys of the model in order.
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

// walk visits every key in order.
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

func TestRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine()
		m.tree.forgetNow = rapid.SampledFrom([]uint32{0, 3, forgetNow}).Draw(t, "forgotten at once")
		t.Repeat(map[string]func(*rapid.T){
			"put": m.Put, "put again": m.Put, "put more": m.Put, "delete": m.Delete, "delete more": m.Delete,
			"begin": m.Begin, "end": m.End, "fold": m.Fold, "fold more": m.Fold, "fold tree": m.FoldTree,
			"folder": m.PutFolder, "tidy": m.Tidy, "gone folder": m.GoneFolder, "join": m.Join, "reveal": m.Reveal, "expire": m.Expire, "filter": m.Filter, "search": m.Search, "search on": m.Search,
			"mark": m.Mark, "mark more": m.Mark, "toggle": m.Toggle, "toggle more": m.Toggle, "toggle again": m.Toggle, "unmark": m.Unmark, "mark hits": m.MarkHits, "mark rows": m.MarkRows, "": m.Check,
		})
	})
}
