package tree

import (
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// around reports whether one of the nodes before the last is a marked folder.
func around(nodes []*model) bool {
	return slices.ContainsFunc(nodes[:max(0, len(nodes)-1)], func(n *model) bool { return n.markedAll })
}

// unmark takes all marks off what is below.
func (m *model) unmark() {
	for _, c := range m.kids {
		c.marked, c.markedAll = false, false
		c.unmark()
	}
}

// mark is Tree.Mark; without all, a folder is marked as a key.
func (m *model) mark(key string, on, all bool) bool {
	nodes := m.find(key)
	if nodes == nil {
		return false
	}
	if around(nodes) {
		return m.takeOut(key, !on)
	}
	if !on || all {
		m.putBack(key)
	}
	switch n := nodes[len(nodes)-1]; {
	case !on:
		n.marked, n.markedAll = false, false
		n.unmark()
	case n.markedAll:
	case all && n.folder():
		n.unmark()
		n.marked, n.markedAll = false, true
	case n.key:
		n.marked = true
	default:
		return false
	}
	return true
}

// dropMarks takes the marks off what is no longer a key or a folder.
func (m *model) dropMarks() {
	for _, c := range m.kids {
		if !c.key {
			c.marked = false
		}
		if !c.key && !c.folder() {
			c.markedAll = false
		}
		c.dropMarks()
	}
}

// markedKeys counts the marked keys below, of which all are if the folder is marked.
func (m *model) markedKeys(all bool) int {
	n := 0
	for _, c := range m.kids {
		in := all || c.markedAll
		if c.key && (in || c.marked) {
			n++
		}
		n += c.markedKeys(in)
	}
	return n
}

// marks returns the marks below, in order.
func (m *machine) marks(n *model, base string, add func(Marked)) {
	for _, seg := range n.sorted() {
		c, path := n.kids[seg], base+seg
		mark := Marked{Entry: Entry{Key: path, Size: -1}, Folder: c.markedAll, Keys: 1}
		if c.key {
			mark.Entry = withKey(c.entry, path)
		}
		if c.markedAll {
			mark.Keys = c.count()
			if c.key {
				mark.Keys++
			}
		}
		if c.markedAll && len(m.model.outBelow(path)) > 0 {
			m.parts(c, path, path, add)
			continue
		}
		if c.marked || c.markedAll {
			mark.Hidden = m.unseen(c, mark)
			add(mark)
		}
		if !c.markedAll {
			m.marks(c, path+"/", add)
		}
	}
}

// unseen counts the keys of a mark that the screen does not show.
func (m *machine) unseen(n *model, mark Marked) int {
	if m.model.filter != nil {
		hits := 0
		if n.hit && n.key {
			hits++
		}
		if mark.Folder {
			hits += len(n.hits(""))
		}
		return mark.Keys - hits
	}
	if _, shown := m.nearest(mark.Key); !shown {
		return mark.Keys
	}
	return 0
}

func (m *machine) Mark(t *rapid.T) {
	key, on := path(t), rapid.IntRange(0, 3).Draw(t, "off") > 0
	if got, want := m.tree.Mark(key, on), m.model.mark(key, on, true); got != want {
		t.Fatalf("Mark(%q, %v) = %v, want %v", key, on, got, want)
	}
}

func (m *machine) Unmark(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "all") == 0 {
		m.tree.Unmark()
		m.model.unmark()
		m.model.out = nil
	}
}

// MarkHits marks all that the filter found so far, a few at a time.
func (m *machine) MarkHits(t *rapid.T) {
	most := rapid.IntRange(1, 3).Draw(t, "most")
	if m.model.filter != nil {
		for _, key := range m.model.hits("") {
			m.model.mark(key, true, false)
		}
	}
	for last, done := "", false; !done; {
		last, done = m.tree.MarkHits(last, most)
	}
}

// MarkRows marks the rows between two keys, a few at a time.
func (m *machine) MarkRows(t *rapid.T) {
	rows := m.rows()
	if len(rows) == 0 {
		return
	}
	row := rapid.IntRange(0, len(rows)-1)
	a, b := row.Draw(t, "a"), row.Draw(t, "b")
	first, last := min(a, b), max(a, b)
	for i := first; i <= last; i++ {
		r := rows[i]
		end := i + 1
		for end < len(rows) && rows[end].Depth > r.Depth {
			end++
		}
		switch {
		case m.model.filter != nil:
			if r.Match {
				m.model.mark(r.Key, true, false)
			}
		case end-1 <= last:
			m.model.mark(r.Key, true, true)
		default:
			m.model.mark(r.Key, true, false)
		}
	}
	m.checkBetween(t, rows, a, b)
	most := rapid.IntRange(1, 3).Draw(t, "most")
	next, done := m.tree.MarkRows(rows[a].Key, rows[b].Key, most)
	for !done {
		next, done = m.tree.MarkRows(next, rows[last].Key, most)
	}
}

// checkBetween checks how many keys a range of rows stands for.
func (m *machine) checkBetween(t *rapid.T, rows []Row, a, b int) {
	first, last, keys := m.tree.Between(rows[a].Key, rows[b].Key)
	want := 0
	for i, r := range rows[min(a, b) : max(a, b)+1] {
		switch {
		case m.model.filter != nil:
			if r.Match && r.IsKey {
				want++
			}
			continue
		case r.IsKey:
			want++
		}
		if !r.Open || a == b && i == 0 {
			want += r.Count
		}
	}
	if first != min(a, b) || last != max(a, b) || keys != want {
		t.Fatalf("Between(%q, %q) = %d, %d, %d, want %d, %d, %d", rows[a].Key, rows[b].Key, first, last, keys, min(a, b), max(a, b), want)
	}
}

// checkMarks compares all that is told of marks.
func (m *machine) checkMarks(t *rapid.T) {
	m.model.dropMarks()
	var want []Marked
	m.marks(m.model, "", func(mark Marked) { want = append(want, mark) })
	if got := slices.Collect(m.tree.Marks()); !slices.Equal(got, want) {
		t.Fatalf("marks\n%+v\nwant\n%+v", got, want)
	}
	if len(want) > 0 {
		at := rapid.IntRange(0, len(want)-1).Draw(t, "mark")
		m.checkBehind(t, want[at].Key, want[at+1:])
	}
	keys, marks, more := m.tree.CountMarks()
	unknown := slices.ContainsFunc(want, func(mark Marked) bool {
		nodes := m.model.find(mark.Key)
		return mark.Folder && nodes[len(nodes)-1].someUnknown()
	})
	all := m.model.markedKeys(false) - m.model.keysOut("", "")
	if keys != all || marks != m.model.ownMarks() || more != unknown {
		t.Fatalf("CountMarks = %d, %d, %v, want %d, %d, %v", keys, marks, more, all, m.model.ownMarks(), unknown)
	}
	if m.tree.SomeMarked() != (marks > 0) {
		t.Fatalf("SomeMarked = %v with %d marks", marks == 0, marks)
	}
	sum := 0
	for _, mark := range want {
		sum += mark.Keys
	}
	if sum != keys {
		t.Fatalf("the marks stand for %d keys, and %d are counted", sum, keys)
	}
	key := path(t)
	if got, is := m.tree.TakenOut(key); got != m.model.outAt(key) || is != m.model.isOut(key) {
		t.Fatalf("TakenOut(%q) = %q, %v, want %q, %v", key, got, is, m.model.outAt(key), m.model.isOut(key))
	}
	folder, ok := m.tree.MarkedFolder(key)
	wanted := ""
	for i, n := range m.partly(key) {
		if n.markedAll && i < strings.Count(key, "/") {
			wanted = strings.Join(strings.Split(key, "/")[:i+1], "/")
			break
		}
	}
	if ok != (wanted != "") && !(ok && folder == "") || folder != wanted {
		t.Fatalf("MarkedFolder(%q) = %q, %v, want %q", key, folder, ok, wanted)
	}
}

// checkBehind checks the marks behind a key.
func (m *machine) checkBehind(t *rapid.T, key string, want []Marked) {
	m.tree.mu.Lock()
	defer m.tree.mu.Unlock()
	var got []Marked
	m.tree.marksBehind(mark{key, true}, func(path []byte, n *node) bool {
		got = append(got, m.tree.marked(path, n))
		return true
	})
	if !slices.Equal(got, want) {
		t.Fatalf("marks behind %q\n%+v\nwant\n%+v", key, got, want)
	}
}

// partly returns the nodes of a path as far as there are any.
func (m *machine) partly(path string) []*model {
	var nodes []*model
	n := m.model
	for seg := range strings.SplitSeq(path, "/") {
		if n = n.kids[seg]; n == nil {
			break
		}
		nodes = append(nodes, n)
	}
	return nodes
}
