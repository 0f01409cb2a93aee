package tui

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
	"kvist/tui/tree"
)

// target is a key, or a folder, that a deed takes.
type target struct {
	tree.Entry      // of a folder that is no key, only its Key counts
	folder     bool // everything below it, too
	// hidden is how many keys of a mark the screen does not show: the filter hides
	// them, or the mark is in a closed folder.
	hidden int
	// around is the marked folder that it is a part of, from which something else was
	// taken out; "" if none is. holds says that this was below the key itself.
	around string
	holds  bool
}

// stays reports whether the key cannot be deleted: what was taken out is below it.
func (t *target) stays(in kv.Nature) bool { return t.holds && in.Paths }

// targets are what a deed takes: the marks, if there are any, or else the row under
// the cursor.
type targets struct {
	row  tree.Row   // under the cursor, where nothing is marked
	tree *tree.Tree // with the marks; nil where nothing is marked
	keys int        // that are marked
	said string     // "web/config", or "3 marked keys"
}

// targets returns what a deed on keys takes now; false if there is nothing. The marks
// belong to the tree and the value beside it: in a pane with a list of its own, a deed
// takes the row under the cursor.
func (m *Model) targets() (targets, bool) {
	if m.marksCount() {
		keys, marks, more := m.tree.tree.CountMarks()
		return targets{tree: m.tree.tree, keys: keys, said: markedKeys(keys, marks, more)}, true
	}
	row, ok := m.subject()
	return targets{row: row, said: cleanName(row.Key)}, ok && !row.Ghost
}

// marksCount reports whether a deed takes marks.
func (m *Model) marksCount() bool {
	if m.focus != m.tree && m.focus != m.value {
		return false
	}
	return m.tree.tree.SomeMarked()
}

// settleMarks marks what is in an open range, since a deed is about to take it, and
// reports whether all marks are made.
func (m *Model) settleMarks() (cmd tea.Cmd, settled bool) {
	if m.marking.ranging && (m.focus == m.tree || m.focus == m.value) {
		cmd = m.endRange()
	}
	if m.marking.busy() {
		m.notice.warn(m.now(), "keys are still being marked: wait a moment, or clear the marks")
		return cmd, false
	}
	if m.marksCount() && m.noneLeft(m.tree.tree) {
		return cmd, false
	}
	return cmd, true
}

// noneLeft reports whether all that was marked is taken out again, and says so.
func (m *Model) noneLeft(t *tree.Tree) bool {
	for range t.Marks() {
		return false
	}
	m.notice.warn(m.now(), "nothing is left of what is marked: all of it was taken out")
	return true
}

// words names the targets: the key or folder, or how many keys are marked.
func (t targets) words() string { return t.said }

// one returns the row under the cursor; false if marks are taken, however many.
func (t targets) one() (tree.Row, bool) { return t.row, !t.many() }

// many reports whether marks are taken, however many, rather than the row under the
// cursor.
func (t targets) many() bool { return t.tree != nil }

// unmark takes the marks off, once a plan has done with all that they stand for.
func (t targets) unmark(m *Model) {
	switch {
	case !t.many():
	case t.tree == m.tree.tree:
		m.unmark()
	default:
		t.tree.Unmark()
	}
}

// all returns the targets in the order of the rows; none of them is inside another.
// There may be very many, so that only a command may go through them.
func (t targets) all() iter.Seq[target] {
	if t.many() {
		return func(yield func(target) bool) {
			for mark := range t.tree.Marks() {
				if !yield(target{mark.Entry, mark.Folder, mark.Hidden, mark.Around, mark.Holds}) {
					return
				}
			}
		}
	}
	return func(yield func(target) bool) {
		r := t.row
		yield(target{tree.Entry{Key: r.Key, Index: r.Index, Size: r.Size, Flags: r.Flags, Preview: r.Preview}, r.IsFolder, 0, "", false})
	}
}

// unseen is what is marked and not in sight.
type unseen struct {
	keys  int
	names []string // the first of the marks that hide some
	stay  []string // the first folders that stay, since what was taken out is in them
}

// unseenShown is how many of them a plan names.
const unseenShown = 3

// note notes what of a target is not in sight.
func (u *unseen) note(t *target) {
	if t.hidden == 0 {
		return
	}
	u.keys += t.hidden
	if len(u.names) < unseenShown {
		name := cleanName(t.Key)
		if t.folder {
			name += "/"
		}
		u.names = append(u.names, name)
	}
}

// noteStay notes a folder that stays, since what was taken out is in it.
func (u *unseen) noteStay(t *target) {
	if len(u.stay) <= unseenShown {
		u.stay = append(u.stay, cleanName(t.Key)+"/")
	}
}

// stays says which folders stay; "" if none does.
func (u *unseen) stays() string {
	if len(u.stay) == 0 {
		return ""
	}
	if len(u.stay) == 1 {
		return u.stay[0] + " stays: what was taken out is in it"
	}
	text := strings.Join(u.stay[:min(len(u.stay), unseenShown)], ", ")
	if len(u.stay) > unseenShown {
		text += ", …"
	}
	return text + " stay: what was taken out is in them"
}

// text says what is not in sight, or stays; "" if there is nothing to say.
func (u *unseen) text() string {
	if u.keys == 0 {
		return u.stays()
	}
	text := "1 of them is not in sight"
	if u.keys > 1 {
		text = grouped(u.keys) + " of them are not in sight"
	}
	text += ", but hidden by the filter or in closed folders: "
	for i, name := range u.names {
		if i > 0 {
			text += ", "
		}
		text += name
	}
	if len(u.names) == unseenShown {
		text += ", …"
	}
	if stays := u.stays(); stays != "" {
		text += "; " + stays
	}
	return text
}

// roots returns the targets as the roots of a plan that deletes them. It reads the
// versions of those of which only the name is known; what is gone is left out.
func (t targets) roots(ctx context.Context, store kv.Store) (roots []kv.Root, hidden unseen, err error) {
	var named []string
	nature := kv.NatureOf(store)
	for one := range t.all() {
		if one.stays(nature) {
			hidden.noteStay(&one)
			continue
		}
		hidden.note(&one)
		if one.Preview && !one.folder {
			named = append(named, one.Key)
			continue
		}
		roots = append(roots, kv.Root{
			PlannedKey: kv.PlannedKey{Key: one.Key, Index: one.Index, Size: one.Size, Flags: kv.KeyFlags(one.Flags)},
			Below:      one.folder,
		})
	}
	for chunk := range slices.Chunk(named, namedChunk) {
		_, err := kv.ReadNodes(ctx, store, chunk, func(n *kv.Node) {
			roots = append(roots, kv.Root{PlannedKey: kv.PlannedKey{Key: n.Key, Index: n.Index, Size: len(n.Value)}})
		})
		if err != nil {
			return nil, hidden, err
		}
	}
	if len(roots) == 0 && len(hidden.stay) > 0 {
		err = errors.New("nothing is left of what is marked but " + hidden.stays())
	}
	return roots, hidden, err
}

// namedChunk is how many keys are read at a time of which only the name is known.
const namedChunk = 200
