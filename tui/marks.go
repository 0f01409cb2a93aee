package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

// marking is what the tree does not keep of the marks itself: a range that moves with
// the cursor, and the marks of many keys, which are made some at a time.
type marking struct {
	ranging bool
	from    string // the key where the range begins; it ends at the cursor
	step    func(m *Model, from string) (next string, done bool)
	gen     int // counts what was begun or given up
}

// busy reports whether keys are still being marked.
func (k *marking) busy() bool { return k.step != nil }

// drop gives up the range and what is being marked. Marks that were made stay.
func (k *marking) drop() {
	k.ranging, k.step = false, nil
	k.gen++
}

// markSlice is how many marks are made in one update: some milliseconds of work.
const markSlice = 1000

// someMarked reports whether anything is marked or about to be.
func (m *Model) someMarked() bool {
	return m.tree.tree.SomeMarked() || m.marking.ranging
}

// markRow marks the row of a line of the tree, or takes its mark off.
func (p *treePane) markRow(m *Model, line int) {
	if row := p.top + line; row < p.tree.Len() && !m.marking.ranging {
		p.move(row)
		m.toggleMark()
		p.move(row)
	}
}

// toggleMark marks the row under the cursor, or takes its mark off, and goes down.
func (m *Model) toggleMark() tea.Cmd {
	p := m.tree
	row, ok := p.row()
	switch {
	case !ok:
		return nil
	case m.marking.ranging:
		return m.endRange()
	case row.Ghost:
		m.notice.warn(m.now(), "it is gone already")
		return nil
	}
	if !m.turnMark(p.tree, row) {
		return nil
	}
	if !row.Marked && m.finder.on {
		m.sayHidden(row)
	}
	p.move(p.at + 1)
	return nil
}

// turnMark marks a row, or takes its mark off; in a marked folder it takes the row out of
// that, or puts it back. If it cannot, it says why.
func (m *Model) turnMark(t *tree.Tree, row tree.Row) bool {
	folder, inside := t.MarkedFolder(row.Key)
	if !t.Mark(row.Key, !row.Marked) && inside {
		why := "too much was taken out of marked folders: mark what is left by itself"
		if out, is := t.TakenOut(row.Key); is {
			why = cleanName(out) + "/ was taken out of what is marked: put that back first"
		}
		m.notice.warn(m.now(), why)
		return false
	}
	name := cleanName(row.Key)
	if row.IsFolder && !row.IsKey {
		name += "/"
	}
	switch {
	case inside && row.Marked:
		m.notice.say(m.now(), name+" is taken out: the rest of "+cleanName(folder)+"/ is marked")
	case inside:
		m.notice.say(m.now(), name+" is marked with the rest of "+cleanName(folder)+"/ again")
	}
	return true
}

// sayHidden says what a mark takes in that the filter hides.
func (m *Model) sayHidden(row tree.Row) {
	if all, _ := m.tree.tree.Count(row.Key); row.Count < all {
		m.notice.warn(m.now(), "marked all of "+cleanName(row.Key)+"/: the filter hides "+grouped(all-row.Count)+" of its "+plural(all, "key")+"; "+
			m.keyFor(keymap.ScopeGlobal, keymap.MarkMatches)+" marks only what it finds")
	}
}

// turnRange begins a range at the cursor, or marks what is in it.
func (m *Model) turnRange() tea.Cmd {
	if m.marking.ranging {
		return m.endRange()
	}
	if _, ok := m.tree.row(); !ok {
		return nil
	}
	m.marking.drop()
	m.marking.ranging, m.marking.from = true, m.tree.cursor
	return nil
}

// endRange marks what is in the range.
func (m *Model) endRange() tea.Cmd {
	t := m.tree.tree
	first, last, _ := t.Between(m.marking.from, m.tree.cursor)
	m.marking.drop()
	rows := append(t.Rows(first, 1), t.Rows(last, 1)...)
	switch {
	case len(rows) < 2:
		return nil
	case first == last && !m.finder.on:
		t.Mark(rows[0].Key, true)
		return nil
	}
	to := rows[1].Key
	return m.markAll(rows[0].Key, func(m *Model, from string) (string, bool) {
		return m.tree.tree.MarkRows(from, to, markSlice)
	})
}

// markMatches marks all keys that the filter finds.
func (m *Model) markMatches() tea.Cmd {
	switch {
	case !m.finder.on:
		m.notice.warn(m.now(), "there is no filter whose matches could be marked: "+m.keyFor(keymap.ScopeTree, keymap.FindOpen)+" makes one")
		return nil
	case !m.finder.done:
		m.notice.warn(m.now(), "the keys are still being searched: nothing was marked")
		return nil
	}
	m.marking.drop()
	return m.markAll("", func(m *Model, from string) (string, bool) {
		return m.tree.tree.MarkHits(from, markSlice)
	})
}

// markAll makes marks step by step, from a key on.
func (m *Model) markAll(from string, step func(m *Model, from string) (string, bool)) tea.Cmd {
	m.marking.step = step
	return markMore{m.marking.gen, from}.apply(m)
}

// markMore says that there are more keys to mark.
type markMore struct {
	gen  int
	from string
}

func (r markMore) apply(m *Model) tea.Cmd {
	k := &m.marking
	if k.gen != r.gen || k.step == nil {
		return nil
	}
	next, done := k.step(m, r.from)
	if done {
		k.step = nil
		return nil
	}
	return func() tea.Msg { return markMore{r.gen, next} }
}

// unmark takes all marks off.
func (m *Model) unmark() tea.Cmd {
	m.marking.drop()
	m.tree.tree.Unmark()
	return nil
}

// leaveMarks takes all marks off; false if there are none.
func (m *Model) leaveMarks() bool {
	some := m.someMarked()
	m.unmark()
	return some
}

// marksWatch hears of folders that are forgotten.
type marksWatch struct{}

// feedEnded says when marks are lost with folders that are not followed any more.
func (marksWatch) feedEnded(m *Model, _ takenBatch) tea.Cmd {
	if n := m.tree.tree.TakeDropped(); n > 0 {
		m.notice.warn(m.now(), plural(n, "mark")+" lost: of closed folders nothing is known any more. Mark the folder as a whole, or keep it open")
	}
	return nil
}

func (marksWatch) feedBegan(*Model, kv.Batch, time.Time) {}

// markSegments say how many keys are marked.
func (m *Model) markSegments(in ink) []segment {
	var text []segment
	add := func(words string) { text = append(text, segment{text: words, ink: in, weight: markWeight}) }
	if m.marking.ranging {
		_, _, keys := m.tree.tree.Between(m.marking.from, m.tree.cursor)
		add("range of " + plural(keys, "key"))
	}
	if keys, marks, more := m.tree.tree.CountMarks(); marks > 0 {
		words := markedWords(keys, marks, more)
		if m.marking.busy() {
			words += " so far"
		}
		add(words)
	}
	return text
}

// spokenMark says of a row that it is marked.
func spokenMark(row tree.Row) string {
	if row.Partly {
		return "marked in part"
	}
	return "marked"
}

// markWeight is that of the marks in the status line.
const markWeight = 11

// markedWords says how many keys are marked.
func markedWords(keys, marks int, more bool) string {
	return countMarked(keys, marks, more, "") + " marked"
}

// markedKeys names the marks by their number.
func markedKeys(keys, marks int, more bool) string {
	return countMarked(keys, marks, more, "marked ")
}

// countMarked counts the marked keys, with a word before them; more says that there may
// be others.
func countMarked(keys, marks int, more bool, word string) string {
	switch {
	case keys == 0 && more:
		return plural(marks, word+"folder")
	case more:
		return grouped(keys) + "+ " + word + "keys"
	}
	return plural(keys, word+"key")
}
