package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

// treePane shows the prefix tree: the rows in sight, and a cursor that stays on its
// key when rows move.
type treePane struct {
	tree   *tree.Tree
	cursor string // the key of the row under the cursor
	at     int    // the number of that row when it was last looked up
	top    int    // the first row in sight
	height int    // how many rows are in sight
	textAt int    // the cell where the name of the row under the cursor was drawn
	folds  int    // counts when folders may have been opened or closed
	target string // a new key that the cursor goes to once it is in the tree
	passive
}

func (p *treePane) scope() keymap.Scope { return keymap.ScopeTree }

// row returns the row under the cursor; false when there are no rows.
func (p *treePane) row() (tree.Row, bool) {
	rows := p.tree.Rows(p.at, 1)
	if len(rows) == 0 {
		return tree.Row{}, false
	}
	return rows[0], true
}

// line returns the line of the pane that the cursor is on.
func (p *treePane) line() int { return p.at - p.top }

// keepLine puts the cursor back on its key, and the key back on its line, after
// rows have moved.
func (p *treePane) keepLine(line int) {
	row, ok := p.tree.Nearest(p.cursor)
	if !ok {
		p.at, p.top = 0, 0
		return
	}
	if p.cursor == "" {
		row = 0
	}
	p.at = row
	p.top = window(max(0, row-line), row, p.tree.Len(), max(1, p.height))
	p.name()
}

// name notes the key of the row under the cursor.
func (p *treePane) name() {
	if row, ok := p.row(); ok {
		p.cursor = row.Key
	}
}

// move puts the cursor on a row, or on the nearest one.
func (p *treePane) move(to int) {
	p.at = max(0, min(to, p.tree.Len()-1))
	p.top = window(p.top, p.at, p.tree.Len(), max(1, p.height))
	p.name()
}

// scroll moves the rows in sight, and the cursor when it would leave them.
func (p *treePane) scroll(by int) {
	n, h := p.tree.Len(), max(1, p.height)
	p.top = max(0, min(p.top+by, n-h))
	p.at = max(p.top, min(p.at, min(p.top+h, n)-1))
	p.name()
}

// goTo puts the cursor on a key, and opens the folders around it if its row is not
// shown.
func (p *treePane) goTo(key string) bool {
	row, ok := p.tree.RowOf(key)
	if !ok {
		p.folds++
		row, ok = p.tree.Reveal(key)
	}
	if ok {
		p.move(row)
	}
	return ok
}

// seek goes to a new key: now, or once the feed has reported it, unless a key is
// pressed first. It does not touch a filter.
func (p *treePane) seek(m *Model, key string) {
	p.target = key
	p.found(m)
}

// found goes to the key that seek was called for, if it is there.
func (p *treePane) found(m *Model) {
	switch {
	case p.target == "" || m.finder.on:
	case p.goTo(p.target):
		p.target = ""
	case m.feed.partial:
		p.openAround(p.target)
	}
}

// lay keeps the cursor on its line of the screen, as far as possible.
func (p *treePane) lay(_ *Model, _, h int) {
	if p.height == h {
		return
	}
	line := p.line()
	p.height = h
	p.keepLine(line)
}

// feedChanged notes that a folder which was not known may be open.
func (p *treePane) feedChanged(_ *Model, c treeChange) {
	if c.Kind == kv.FolderEvent || c.Kind == kv.FolderGoneEvent {
		p.folds++
	}
}

func (p *treePane) feedRests(m *Model) { p.found(m) }

func (p *treePane) subject(*Model) (tree.Row, bool) { return p.row() }

// wakes lets changed rows fade.
func (p *treePane) wakes(*Model) time.Duration {
	if p.tree.Lit() > 0 {
		return fadeStep / 2
	}
	return 0
}

// click puts the cursor on a row. A click on the row under the cursor opens or
// closes a folder.
func (p *treePane) click(m *Model, at point) tea.Cmd {
	row := p.top + at.y
	if row >= p.tree.Len() {
		return nil
	}
	again := row == p.at && m.focus == p
	p.move(row)
	if under, ok := p.row(); ok && again && under.IsFolder {
		p.enter(m, under)
	}
	return nil
}

func (p *treePane) caret(*Model) (point, bool) { return point{p.textAt, p.line()}, p.tree.Len() > 0 }

func (p *treePane) wheel(_ *Model, _ point, by int) { p.scroll(by) }

func (p *treePane) hint(m *Model, h keymap.Hint) (string, bool) {
	row, ok := p.row()
	switch h.Action {
	case keymap.TreeLeave:
		return m.leaveText(h.Text)
	case keymap.TreeEnter:
		return enterText(row), ok
	case keymap.MarkToggle, keymap.MarkRange:
		return h.Text, ok
	case keymap.MarkClear:
		return h.Text, m.someMarked()
	}
	return h.Text, true
}

// leaveText says what leaving the tree does now; false if that is nothing.
func (m *Model) leaveText(usual string) (string, bool) {
	switch {
	case m.marking.ranging:
		return "no range", true
	case m.finder.on:
		return "all keys", true
	case m.someMarked():
		return "unmark", true
	}
	return usual, m.asOf != nil
}

// enterText says what entering a row does.
func enterText(row tree.Row) string {
	switch {
	case row.IsFolder && row.Open:
		return "close"
	case row.IsFolder:
		return "open"
	default:
		return "value"
	}
}

func (p *treePane) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if to, ok := cursorAfter(a, p.at, p.tree.Len(), p.height); ok {
		p.move(to)
		return nil, true
	}
	row, ok := p.row()
	if m.finder.on && p.foldsNothing(m, a, row) {
		return nil, true
	}
	switch a {
	case keymap.TreeOpen:
		if ok {
			p.openRow(m, row)
		}
	case keymap.TreeClose:
		if ok {
			p.closeRow(row)
		}
	case keymap.TreeEnter:
		if ok {
			p.enter(m, row)
		}
	case keymap.TreeLeave:
		return m.leaveTree(), true
	case keymap.MarkToggle:
		return m.toggleMark(), true
	case keymap.MarkRange:
		return m.turnRange(), true
	case keymap.MarkClear:
		return m.unmark(), true
	case keymap.TreeOpenAll:
		p.refold(func() { p.tree.OpenAll(row.Key) })
	case keymap.TreeCloseAll:
		p.refold(func() { p.tree.CloseAll(row.Key) })
	case keymap.TreeChains:
		m.joined = !m.joined
		p.refold(func() { p.tree.JoinChains(m.joined) })
	default:
		return nil, false
	}
	return nil, true
}

// foldsNothing handles the actions on folders while a filter shows all matches: no
// folder opens or closes, but the cursor may still go to the parent.
func (p *treePane) foldsNothing(m *Model, a keymap.Action, row tree.Row) bool {
	switch {
	case a == keymap.TreeClose:
		if parent, ok := p.tree.Parent(p.at); ok {
			p.move(parent)
		}
	case a == keymap.TreeEnter && row.IsFolder, a == keymap.TreeOpenAll, a == keymap.TreeCloseAll, a == keymap.TreeChains:
		m.notice.warn(m.now(), "all matches are shown while the filter is on; "+m.keyFor(keymap.ScopeTree, keymap.TreeLeave)+" shows all keys again")
	default:
		return false
	}
	return true
}

// leaveTree gives up a range, or removes the filter, or takes the marks off, or leaves
// the past, or stops the listing. The marks outlive the filter: each may be found by
// another one.
func (m *Model) leaveTree() tea.Cmd {
	if m.marking.ranging {
		m.marking.drop()
		return nil
	}
	if m.unfind(m.tree.cursor) {
		m.notice = notice{} // it was about the filter
		return nil
	}
	if m.leaveMarks() {
		return nil
	}
	if m.asOf != nil {
		return m.leavePast()
	}
	cmd, _ := m.pauseListing()
	return cmd
}

// refold opens or closes folders and keeps the cursor on its key.
func (p *treePane) refold(change func()) {
	line := p.line()
	change()
	p.folds++
	p.keepLine(line)
}

// showBelow scrolls so that what is in the folder under the cursor is in sight, or as
// much of it as half the pane takes.
func (p *treePane) showBelow() {
	n, dir := 0, strings.TrimSuffix(p.cursor, "/")+"/"
	for _, row := range p.tree.Rows(p.at+1, p.height/2) {
		if !strings.HasPrefix(row.Key, dir) {
			break
		}
		n++
	}
	p.top = max(p.top, min(p.at, p.at+n-p.height+1))
}

// openRow opens a folder, or goes into an open one, or to a value.
func (p *treePane) openRow(m *Model, row tree.Row) {
	switch {
	case row.IsFolder && !row.Open:
		p.refold(func() { p.tree.Open(row.Key) })
		p.showBelow()
	case row.IsFolder:
		if child, ok := p.tree.FirstChild(p.at); ok {
			p.move(child)
		}
	case row.IsKey:
		m.focusOn(m.value)
	}
}

// closeRow closes a folder, or goes to the folder around the row.
func (p *treePane) closeRow(row tree.Row) {
	if row.IsFolder && row.Open {
		p.refold(func() { p.tree.Close(row.Key) })
		return
	}
	if parent, ok := p.tree.Parent(p.at); ok {
		p.move(parent)
	}
}

// enter opens or closes a folder; on a key, it goes to the value.
func (p *treePane) enter(m *Model, row tree.Row) {
	if row.IsFolder {
		p.refold(func() { p.tree.Toggle(row.Key) })
		if !row.Open {
			p.showBelow()
		}
		return
	}
	m.focusOn(m.value)
}
