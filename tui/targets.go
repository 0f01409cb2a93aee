package tui

import (
	"iter"

	"kvist/tui/tree"
)

// target is a key, or a folder, that a deed takes.
type target struct {
	tree.Entry      // of a folder that is no key, only its Key counts
	folder     bool // everything below it, too
}

// targets are what a deed takes: the marks, if there are any, or else the row under
// the cursor.
type targets struct {
	row tree.Row // under the cursor, where nothing is marked
}

// targets returns what a deed on keys takes now; false if there is nothing.
func (m *Model) targets() (targets, bool) {
	row, ok := m.subject()
	return targets{row: row}, ok && !row.Ghost
}

// one returns the row under the cursor; false if marks are taken, however many.
func (t targets) one() (tree.Row, bool) { return t.row, true }

// all returns the targets in the order of the rows; none of them is inside another.
// There may be very many, so that only a command may go through them.
func (t targets) all() iter.Seq[target] {
	return func(yield func(target) bool) {
		r := t.row
		yield(target{tree.Entry{Key: r.Key, Index: r.Index, Size: r.Size, Flags: r.Flags, Preview: r.Preview}, r.IsFolder})
	}
}

// words names the targets: the key or folder, or how many keys are marked.
func (t targets) words() string { return cleanName(t.row.Key) }
