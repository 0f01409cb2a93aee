package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/compare/live"
	"kvist/keymap"
	"kvist/tui/tree"
	"kvist/tui/tree/match"
)

// comparePane shows how two places differ, as one tree. It follows both: what
// changes on either side is compared again, and nothing else.
type comparePane struct {
	asked  compareAsked // what is compared with what
	gen    int          // the number of the comparison; results of older ones are dropped
	ctx    context.Context
	end    context.CancelFunc // ends everything that the comparison started; nil before the first
	sides  [2]*compareSide    // here and there; nil until they are open
	live   *live.Comparison   // nil until both are open
	err    error              // why nothing is compared
	stale  bool               // everything is to be read again
	begun  bool               // the row of the place itself was opened
	ignore *match.Expression  // keys that are left out, for all comparisons

	working bool               // a portion is being compared
	stop    context.CancelFunc // of it
	stopped bool               // by the user

	rows   treePane // the rows and the cursor
	query  *match.Query
	detail compareDetail
	split  compareSplit
}

// compareSplit is how the pane is divided.
type compareSplit struct {
	above  []string // lines above the rows
	beside bool     // the difference stands beside the rows rather than below
	list   int      // the width of the rows
	w, h   int      // of the difference
}

// compareAsked is what is compared with what.
type compareAsked struct {
	from   string          // in full, in this store
	folder bool            // there is something below it
	only   map[string]bool // of it, the keys and the folders (true) that are compared; nil for all
	said   string          // names them
	text   string          // as it was typed
	to     destination
	last   string // for a store's address without a key
	rev    uint64 // of this store; 0 for none
	file   string // that kvist export wrote
	maybe  bool   // the file is meant only if it is there
	below  bool   // only what is below the places: the explorer knows nothing of the key that is from
}

func (p *comparePane) scope() keymap.Scope { return keymap.ScopeCompare }

// whole says that the pane takes the whole width while it has the focus.
func (p *comparePane) whole() bool { return true }

// show asks what to compare with, or shows the comparison that there is.
func (p *comparePane) show(m *Model, by keymap.Action) (tea.Cmd, bool) {
	if by == keymap.CompareOpen {
		return p.ask(m), false
	}
	if p.end == nil {
		m.notice.say(m.now(), "nothing is compared yet: "+m.keyFor(keymap.ScopeKey, keymap.CompareOpen)+" compares the folder or key under the cursor")
		return nil, false
	}
	return nil, true
}

// path returns the path under the cursor; "" if there is none.
func (p *comparePane) path() string {
	if p.live == nil {
		return ""
	}
	if row, ok := p.rows.row(); ok {
		return row.Key
	}
	return ""
}

func (p *comparePane) subject(m *Model) (tree.Row, bool) {
	path := p.path()
	if path == "" {
		return tree.Row{}, false
	}
	row := m.rowOf(p.live.Key(0, path))
	return row, !row.Ghost
}

func (p *comparePane) hint(m *Model, h keymap.Hint) (string, bool) {
	switch h.Action {
	case keymap.CompareOpen:
		_, ok := m.subject()
		return h.Text, ok
	case keymap.CompareSame:
		if p.live != nil && p.live.Same() {
			return "differences", true
		}
	case keymap.CompareThere, keymap.CompareHere, keymap.CompareGo, keymap.CompareMark:
		return h.Text, p.path() != ""
	case keymap.CompareOn:
		return h.Text, p.stopped
	case keymap.CompareLeave:
		return p.leaveText(), true
	}
	return h.Text, true
}

func (p *comparePane) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if p.detail.inside && p.detail.moved(a) {
		return nil, true
	}
	if to, ok := cursorAfter(a, p.rows.at, p.length(), p.rows.height); ok {
		if p.live != nil {
			p.rows.move(to)
		}
		return nil, true
	}
	if p.fold(a) {
		return nil, true
	}
	switch a {
	case keymap.CompareLeave:
		return p.leave(m), true
	case keymap.CompareIgnore:
		return p.askIgnore(m), true
	case keymap.CompareOn:
		p.stopped, p.err = false, nil
		return nil, true // follow goes on
	case keymap.CompareSame:
		return p.showSame(), true
	case keymap.CompareGo:
		return p.enter(m), true
	case keymap.CompareMark:
		p.mark(m)
	case keymap.CompareThere:
		return p.bring(m, 0), true
	case keymap.CompareHere:
		return p.bring(m, 1), true
	case keymap.FindOpen:
		return p.askFilter(m), true
	case keymap.FindNext, keymap.FindPrevious:
		p.next(m, a == keymap.FindNext)
	default:
		return nil, false
	}
	return nil, true
}

// length returns the number of rows.
func (p *comparePane) length() int {
	if p.live == nil {
		return 0
	}
	return p.rows.tree.Len()
}

// fold opens and closes folders; a key leads to what differs in it.
func (p *comparePane) fold(a keymap.Action) bool {
	row, ok := tree.Row{}, false
	if p.live != nil {
		row, ok = p.rows.row()
	}
	t := p.rows.tree
	switch a {
	case keymap.TreeOpen:
		switch {
		case !ok:
		case !row.IsFolder:
			p.detail.inside = true
		case !row.Open:
			p.rows.refold(func() { t.Open(row.Key) })
		default:
			if child, has := t.FirstChild(p.rows.at); has {
				p.rows.move(child)
			}
		}
	case keymap.TreeClose:
		if p.detail.inside {
			p.detail.inside = false
		} else if ok {
			p.rows.closeRow(row)
		}
	case keymap.TreeOpenAll:
		p.rows.refold(func() { t.OpenAll(row.Key) })
	case keymap.TreeCloseAll:
		p.rows.refold(func() { t.CloseAll(row.Key) })
	default:
		return false
	}
	return true
}

// enter opens or closes a folder; on a key, it goes there in the tree.
func (p *comparePane) enter(m *Model) tea.Cmd {
	if p.live == nil {
		return nil
	}
	row, ok := p.rows.row()
	switch {
	case !ok:
		return nil
	case row.IsFolder:
		p.rows.refold(func() { p.rows.tree.Toggle(row.Key) })
		return nil
	}
	key := p.live.Key(0, row.Key)
	if !m.goToKey(key) {
		return nil
	}
	return m.focusOn(m.tree)
}

// leaveText says what leaving does.
func (p *comparePane) leaveText() string {
	switch {
	case p.detail.inside:
		return "list"
	case p.anyMarked():
		return "unmark"
	case p.query != nil:
		return "all keys"
	case p.underWay():
		return "stop"
	}
	return "tree"
}

// leave goes back by a step: from the difference, from marks and filter, from a pass that
// is under way, and at last to the tree. The comparison stays.
func (p *comparePane) leave(m *Model) tea.Cmd {
	switch {
	case p.detail.inside:
		p.detail.inside = false
	case p.anyMarked():
		p.rows.tree.Unmark()
	case p.query != nil:
		return p.filter(nil)
	case p.underWay():
		p.stopped = true
		if p.stop != nil {
			p.stop()
		}
	default:
		return m.leavePane()
	}
	return nil
}

// next goes to the next difference, around the ends.
func (p *comparePane) next(m *Model, forward bool) {
	if p.live == nil {
		return
	}
	var path string
	var ok bool
	if p.query != nil {
		path, ok = p.rows.tree.NextHit(p.rows.cursor, forward)
	} else {
		path, ok = p.live.Next(p.rows.cursor, forward)
	}
	if !ok {
		m.notice.warn(m.now(), "no difference")
		return
	}
	p.rows.goTo(path)
}

// showSame shows the keys that are the same as well, or hides them again.
func (p *comparePane) showSame() tea.Cmd {
	if p.live == nil {
		return nil
	}
	line := p.rows.line()
	p.live.ShowSame(!p.live.Same())
	p.rows.tree = p.live.Tree()
	cmd := p.refilter()
	p.rows.keepLine(line)
	return cmd
}

// click puts the cursor on a row, or the focus on the difference.
func (p *comparePane) click(_ *Model, at point) tea.Cmd {
	if p.live == nil {
		return nil
	}
	if row, ok := p.rowAt(at); ok {
		p.detail.inside = false
		p.rows.move(min(row, p.length()-1))
		return nil
	}
	p.detail.inside = true
	return nil
}

func (p *comparePane) caret(*Model) (point, bool) {
	s := &p.split
	switch {
	case p.live == nil || p.length() == 0:
		return point{}, false
	case p.detail.inside && s.beside:
		return point{s.list + 1, len(s.above)}, true
	case p.detail.inside:
		return point{0, len(s.above) + p.rows.height + 1}, true
	}
	return point{p.rows.textAt, len(s.above) + p.rows.line()}, true
}

func (p *comparePane) reads() bool { return p.detail.inside }

func (p *comparePane) wheel(_ *Model, at point, by int) {
	if p.live == nil {
		return
	}
	if _, ok := p.rowAt(at); ok {
		p.rows.scroll(by)
		return
	}
	p.detail.scroll(by)
}

// rowAt returns the row at a cell of the pane; false for the difference.
func (p *comparePane) rowAt(at point) (int, bool) {
	row := at.y - len(p.split.above)
	if p.split.beside {
		return p.rows.top + max(0, row), at.x < p.split.list
	}
	return p.rows.top + max(0, row), row < p.rows.height
}

// travelled reads both sides again: this one is of another moment now.
func (p *comparePane) travelled(*Model) tea.Cmd {
	p.reload()
	return nil
}

// reload reads both sides again.
func (p *comparePane) reload() { p.stale = p.end != nil }

// wakes lets changed rows fade.
func (p *comparePane) wakes(m *Model) time.Duration {
	if p.live == nil {
		return 0
	}
	return p.rows.wakes(m)
}

// spot returns a function that goes back to where the cursor is now.
func (p *comparePane) spot() func() { return p.rows.spot() }
