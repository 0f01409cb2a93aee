package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/internal/changes"
	"kvist/keymap"
	"kvist/tui/tree"
	"kvist/tui/tree/match"
)

// changesPane lists the changes since the program started, newest last.
type changesPane struct {
	*changes.Log
	at     uint64       // the number of the change under the cursor
	newest bool         // the cursor stays on the newest change
	above  int          // lines in sight above the cursor
	height int          // lines of the list in sight
	query  *match.Query // the filter; nil shows all
	diff   changeDiff
	layout changeLayout // of the change under the cursor
	detail int          // lines of it in sight
	inside bool         // it has the focus rather than the list
	passive
}

// newChangesPane returns the pane of a log.
func newChangesPane(log *changes.Log) *changesPane { return &changesPane{Log: log, newest: true} }

// ofNow says that the pane shows what happens now, also while the past is shown.
func (p *changesPane) ofNow() {}

// moment returns the revision of the change under the cursor.
func (p *changesPane) moment() uint64 {
	if c, _, ok := p.current(); ok {
		return c.Now.Index
	}
	return 0
}

func (p *changesPane) comesBack() {}

func (p *changesPane) scope() keymap.Scope {
	if p.inside {
		return keymap.ScopeDiff
	}
	return keymap.ScopeChanges
}

// key returns the key of the change under the cursor.
func (p *changesPane) key() string {
	c, _, ok := p.current()
	if !ok {
		return ""
	}
	return c.Key
}

func (p *changesPane) subject(m *Model) (tree.Row, bool) { return m.rowFor(p.key()) }

// row returns the row under the cursor; -1 when there is none.
func (p *changesPane) row() int {
	if p.newest {
		return p.Rows() - 1
	}
	return p.Row(p.at)
}

// current returns the change under the cursor and its number.
func (p *changesPane) current() (*changes.Change, uint64, bool) {
	row := p.row()
	if row < 0 {
		return nil, 0, false
	}
	n := p.Number(row)
	return p.Get(n), n, true
}

// window returns the first row in sight and the row under the cursor.
func (p *changesPane) window(h int) (top, row int) {
	row = p.row()
	top = window(max(0, row-p.above), max(0, row), p.Rows(), max(1, h))
	p.above = max(0, row-top)
	return top, row
}

// move puts the cursor on a row. On the last row it stays with the newest change.
func (p *changesPane) move(to int) {
	n := p.Rows()
	if n == 0 {
		return
	}
	to = max(0, min(to, n-1))
	p.above = max(0, p.above+to-p.row())
	p.newest, p.at = to == n-1, p.Number(to)
	p.window(p.height)
}

func (p *changesPane) hint(_ *Model, h keymap.Hint) (string, bool) {
	switch h.Action {
	case keymap.ChangesGo:
		_, _, there := p.current()
		return h.Text, there
	case keymap.ChangesPause:
		if paused, _, _ := p.Paused(); paused {
			return "resume", true
		}
	}
	return h.Text, true
}

func (p *changesPane) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if p.inside && p.scroll(a) {
		return nil, true
	}
	if to, ok := cursorAfter(a, p.row(), p.Rows(), p.height); ok {
		p.move(to)
		return nil, true
	}
	switch a {
	case keymap.ChangesDiff:
		p.enter()
		return nil, true
	case keymap.DiffLeave:
		p.back()
		return nil, true
	case keymap.ChangesGo:
		return p.goToKey(m), true
	case keymap.ChangesPause:
		p.pauseOrResume()
		return nil, true
	case keymap.ChangesFilter:
		return p.openFilter(m), true
	case keymap.ChangesLeave:
		p.inside = false
		return m.leavePane(), true
	}
	return nil, false
}

// pauseOrResume stops the list, or continues it with all changes that came
// meanwhile.
func (p *changesPane) pauseOrResume() {
	if paused, _, _ := p.Paused(); paused {
		p.Resume()
		return
	}
	p.Pause()
}

// goToKey puts the tree's cursor on the key of the change.
func (p *changesPane) goToKey(m *Model) tea.Cmd {
	key := p.key()
	if key == "" || !m.goToKey(key) {
		return nil
	}
	p.inside = false
	return m.focusOn(m.tree)
}

// openFilter asks which keys to show, and filters as they are typed.
func (p *changesPane) openFilter(m *Model) tea.Cmd {
	before := p.query.String()
	ask := &prompt{title: "Filter changes", hint: match.Hint + "; empty = all"}
	ask.change = func(_ *Model, text string) tea.Cmd {
		ask.fault = ""
		if err := p.filter(text); err != nil {
			ask.fault = clean(err.Error())
		}
		return nil
	}
	ask.done = func(_ *Model, text string) tea.Cmd {
		if err := p.filter(text); err != nil {
			ask.fault = clean(err.Error())
		}
		return nil
	}
	ask.leave = func(*Model) { _ = p.filter(before) } // it was accepted before
	return m.openPrompt(ask, before)
}

// filter shows only the changes of keys that match.
func (p *changesPane) filter(typed string) error {
	query, err := match.Parse(typed)
	if err != nil {
		return err
	}
	p.query = query
	if query == nil {
		p.Filter(nil)
	} else {
		p.Filter(query.Match)
	}
	return nil
}

// spot returns a function that goes back to where the cursor is now.
func (p *changesPane) spot() func() {
	at, newest, above := p.at, p.newest, p.above
	return func() { p.at, p.newest, p.above = at, newest, above }
}
