package tree

import (
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// isBelow reports whether a key is inside a folder.
func isBelow(key, folder string) bool { return strings.HasPrefix(key, folder+"/") }

// outBelow returns what is taken out below a folder.
func (m *model) outBelow(folder string) []string {
	var below []string
	for key := range m.out {
		if isBelow(key, folder) {
			below = append(below, key)
		}
	}
	return below
}

// putBack is Tree.putBack.
func (m *model) putBack(folder string) bool {
	before := len(m.out)
	for key := range m.out {
		if key == folder || isBelow(key, folder) {
			delete(m.out, key)
		}
	}
	return len(m.out) < before
}

// takeOut is Tree.takeOut.
func (m *model) takeOut(key string, out bool) bool {
	for taken := range m.out {
		if isBelow(key, taken) {
			return false
		}
	}
	if !out {
		return m.putBack(key)
	}
	if m.out[key] {
		return false
	}
	m.putBack(key)
	if m.out == nil {
		m.out = map[string]bool{}
	}
	m.out[key] = true
	return true
}

// inMarked reports whether a folder around a key is marked.
func (m *model) inMarked(key string) bool {
	n := m
	for seg := range strings.SplitSeq(key, "/") {
		if n.markedAll {
			return true
		}
		if n = n.kids[seg]; n == nil {
			return false
		}
	}
	return false
}

// outAt returns what is taken out that is a key, or has it inside; "" for nothing.
func (m *model) outAt(key string) string {
	for taken := range m.out {
		if (taken == key || isBelow(key, taken)) && m.inMarked(taken) {
			return taken
		}
	}
	return ""
}

// isOut reports whether a key is taken out. It may have an empty name.
func (m *model) isOut(key string) bool {
	for taken := range m.out {
		if (taken == key || isBelow(key, taken)) && m.inMarked(taken) {
			return true
		}
	}
	return false
}

// closeOut is Tree.closeOut.
func (m *model) closeOut(folder string) {
	if len(m.outBelow(folder)) == 0 {
		return
	}
	nodes := m.find(folder)
	switch {
	case nodes != nil && nodes[len(nodes)-1].markedAll:
		nodes[len(nodes)-1].markedAll = false
		m.putBack(folder)
	case m.inMarked(folder):
		m.takeOut(folder, true)
	default:
		m.putBack(folder)
	}
}

// keysOut counts the keys below a folder that are taken out; "" is everything.
func (m *model) keysOut(folder, all string) int {
	n := 0
	var count func(c *model, path string)
	count = func(c *model, path string) {
		if c.key && m.isOut(path) && (folder == all || isBelow(path, folder)) {
			n++
		}
		for seg, kid := range c.kids {
			count(kid, path+"/"+seg)
		}
	}
	for seg, kid := range m.kids {
		count(kid, seg)
	}
	return n
}

// ownMarks counts the marks below, those in marked folders aside.
func (m *model) ownMarks() int {
	n := 0
	for _, c := range m.kids {
		switch {
		case c.markedAll:
			n++
		default:
			if c.marked {
				n++
			}
			n += c.ownMarks()
		}
	}
	return n
}

// withoutOut takes the marks off rows that are taken out.
func (m *model) withoutOut(rows []Row) []Row {
	for i := range rows {
		r := &rows[i]
		if m.isOut(r.Key) {
			r.Marked, r.Marks = false, 0
			continue
		}
		r.Marks -= m.keysOut(r.Key, "\xff\xff")
		nodes := m.find(r.Key)
		all := nodes[len(nodes)-1].markedAll || m.inMarked(r.Key)
		r.Partly = all && len(m.outBelow(r.Key)) > 0
	}
	return rows
}

// parts returns what is left of a marked folder, from n on.
func (m *machine) parts(n *model, path, around string, add func(Marked)) {
	mark := Marked{Entry: Entry{Key: path, Size: -1}, Keys: 1, Around: around}
	if n.key {
		mark.Entry = withKey(n.entry, path)
	}
	if len(m.model.outBelow(path)) == 0 {
		if mark.Folder = n.folder(); mark.Folder {
			mark.Keys = n.count()
			if n.key {
				mark.Keys++
			}
		}
		mark.Hidden = m.unseen(n, mark)
		add(mark)
		return
	}
	if mark.Holds = true; n.key {
		mark.Hidden = m.unseen(n, mark)
		add(mark)
	}
	for _, seg := range n.sorted() {
		kid := n.kids[seg]
		if key := path + "/" + seg; !m.model.out[key] && (kid.key || kid.folder()) {
			m.parts(kid, key, around, add)
		}
	}
}

// Toggle takes the mark of a row off, or marks it, as a person does: more often in a
// marked folder, if there is one.
func (m *machine) Toggle(t *rapid.T) {
	rows := m.rows()
	inside := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return !m.model.inMarked(r.Key) })
	if len(inside) > 0 && rapid.IntRange(0, 3).Draw(t, "anywhere") > 0 {
		rows = inside
	}
	if len(rows) == 0 {
		return
	}
	r := rapid.SampledFrom(rows).Draw(t, "row")
	if got, want := m.tree.Mark(r.Key, !r.Marked), m.model.mark(r.Key, !r.Marked, true); got != want {
		t.Fatalf("Mark(%q, %v) = %v, want %v", r.Key, !r.Marked, got, want)
	}
}
