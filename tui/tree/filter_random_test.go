package tree

import (
	"regexp"
	"slices"

	"kvist/tui/tree/match"

	"pgregory.net/rapid"
)

// patterns are filters that match some of what path draws.
func patterns() []*match.Pattern {
	return []*match.Pattern{
		nil, match.Text("a"), match.Text("a/b"), match.Text("-/"), match.Text("A"), match.Text("//"), match.Text(""),
		match.Text("a/"), match.Text("\xff"), match.Without("b"), match.Without("a/"), match.Without("x"),
		match.Fuzzy("a"), match.Fuzzy("ab"), match.Fuzzy("abc"), match.Fuzzy("c/"), match.Regexp(regexp.MustCompile("a.*b$")),
	}
}

// Filter sets a filter or unsets it.
func (m *machine) Filter(t *rapid.T) {
	all := patterns()
	p := all[rapid.IntRange(0, len(all)-1).Draw(t, "pattern")]
	m.model.filter = p
	m.model.missAll()
	if p == nil {
		m.tree.Unfilter()
	} else {
		m.tree.Filter(p)
	}
}

// Search compares a part of the keys.
func (m *machine) Search(t *rapid.T) {
	n := rapid.IntRange(0, 5).Draw(t, "most")
	if n == 0 {
		n = 1000
	}
	for done := m.tree.Search(n); m.tree.filter.candidates != nil && !done; {
		done = m.tree.Search(n)
	}
	if n == 1000 && m.tree.filter.pattern != nil && !m.tree.filter.done {
		t.Fatal("the search did not end")
	}
}

// joins reports whether chains are joined.
func (m *machine) joins() bool { return m.join && m.model.filter == nil }

// rows returns every row.
func (m *machine) rows() []Row {
	if m.model.filter != nil {
		return m.model.withoutOut(m.model.filtered("", 0, 0, false))
	}
	return m.model.withoutOut(m.model.rows(m.join, "", "", 0, 0, false, false))
}

// compare makes the model as far compared as the tree.
func (m *machine) compare() {
	if f := m.tree.filter; m.model.filter != nil {
		m.model.search(m.model.filter, "", func(path string) bool {
			return f.done || f.from.set && Compare(path, f.from.rel) <= 0
		})
	}
}

func (m *model) search(p *match.Pattern, base string, compared func(string) bool) {
	for seg, c := range m.kids {
		if compared(base + seg) {
			c.hit = p.Match(base + seg)
		}
		c.search(p, base+seg+"/", compared)
	}
}

func (m *model) missAll() {
	for _, c := range m.kids {
		c.hit = false
		c.missAll()
	}
}

// thing reports whether m has a row if the filter matches it.
func (m *model) thing() bool { return m.key || m.ghost || m.unknown }

// shown reports whether m has a row under the filter.
func (m *model) shown() bool { return m.hit && m.thing() || m.someShown() }

func (m *model) someShown() bool {
	for _, c := range m.kids {
		if c.shown() {
			return true
		}
	}
	return false
}

// hits returns the keys that the filter matches.
func (m *model) hits(base string) []string {
	var keys []string
	for _, seg := range m.sorted() {
		c := m.kids[seg]
		if c.key && c.hit {
			keys = append(keys, base+seg)
		}
		keys = append(keys, c.hits(base+seg+"/")...)
	}
	return keys
}

// filtered is rows under a filter.
func (m *model) filtered(base string, depth int, rails uint64, marked bool) []Row {
	var rows []Row
	segs := slices.DeleteFunc(m.sorted(), func(seg string) bool { return !m.kids[seg].shown() })
	for i, seg := range segs {
		c := m.kids[seg]
		r := Row{
			Key: base + seg, Name: seg, Depth: depth, Rails: rails,
			IsKey: c.key, IsFolder: c.folder(), Open: c.someShown() || c.unknown && c.open, Unlisted: c.unknown, More: !c.unknown && c.someUnknown(),
			Match: c.hit && c.thing(), Count: len(c.hits("")), Size: -1, Lit: c.lit(),
			Ghost:  !c.key && c.count() == 0 && !c.someUnknown(),
			Marked: marked || c.marked || c.markedAll, Marks: c.markedKeys(marked || c.markedAll),
		}
		if i < len(segs)-1 {
			r.Rails |= 1 << depth
		}
		if c.key || c.ghost {
			r.Index, r.Size, r.Flags, r.Preview = c.entry.Index, c.entry.Size, c.entry.Flags, c.entry.Preview
		}
		rows = append(append(rows, r), c.filtered(base+seg+"/", depth+1, r.Rails, marked || c.markedAll)...)
	}
	return rows
}

// checkRevealed checks that Reveal opens nothing under a filter.
func (m *machine) checkRevealed(t *rapid.T, key string) {
	want, ok := m.tree.RowOf(key)
	if row, revealed := m.tree.Reveal(key); row != want || revealed != ok {
		t.Fatalf("Reveal(%q) = %d, %v, want %d, %v", key, row, revealed, want, ok)
	}
}

// checkHits compares the hits and their ranks.
func (m *machine) checkHits(t *rapid.T) {
	hits := []string{}
	if m.model.filter != nil {
		hits = m.model.hits("")
	}
	if m.tree.Hits() != len(hits) {
		t.Fatalf("Hits = %d, want %q", m.tree.Hits(), hits)
	}
	for i, key := range hits {
		if at, ok := m.tree.HitAt(i); at != key || !ok {
			t.Fatalf("HitAt(%d) = %q, %v, want %q", i, at, ok, key)
		}
	}
	if _, ok := m.tree.HitAt(len(hits)); ok {
		t.Fatal("there is a hit too many")
	}
	key := path(t)
	rank, found := slices.BinarySearchFunc(hits, key, Compare)
	if m.model.filter != nil {
		if r, ok := m.tree.HitRank(key); r != rank || ok != found {
			t.Fatalf("HitRank(%q) = %d, %v, want %d, %v", key, r, ok, rank, found)
		}
	}
	next, prev := rank, rank-1
	if found {
		next++
	}
	for _, c := range []struct {
		forward bool
		at      int
	}{{true, next}, {false, prev}} {
		got, ok := m.tree.NextHit(key, c.forward)
		if n := len(hits); ok != (n > 0) || ok && got != hits[(c.at+n)%n] {
			t.Fatalf("NextHit(%q, %v) = %q, %v, of %q", key, c.forward, got, ok, hits)
		}
	}
	m.checkSearched(t)
}

// checkSearched checks how many keys were compared.
func (m *machine) checkSearched(t *rapid.T) {
	f, want := m.tree.filter, 0
	for _, e := range m.keys() {
		if f.done || f.candidates != nil || f.from.set && Compare(e.Key, f.from.rel) <= 0 {
			want++
		}
	}
	if f.pattern != nil && m.tree.Searched() != want {
		t.Fatalf("Searched = %d, want %d", m.tree.Searched(), want)
	}
}
