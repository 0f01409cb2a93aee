package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/tui/tree/match"
)

// list is a pane of rows with a cursor that can be searched.
type list interface {
	rows() int
	// searchText returns the text of a row that is searched. It may be hostile.
	searchText(row int) string
	cursor() int
	to(row int)
}

// listFind is what was looked for in a list, for n and N.
type listFind struct {
	query *match.Query // nil: nothing
}

// findInList asks what to look for in a list, and goes to the first match from the
// cursor on as the text is typed.
func (m *Model) findInList(l list, f *listFind) tea.Cmd {
	from := l.cursor()
	p := &prompt{title: "Find", low: true, hint: match.Hint}
	p.change = func(_ *Model, text string) tea.Cmd {
		query, err := match.Parse(text)
		p.fault, p.hint = "", match.Hint
		if err != nil {
			p.fault = clean(err.Error())
		}
		*f = listFind{query}
		l.to(from)
		if query != nil && !f.next(l, from, 1) {
			p.hint = "no match"
		}
		return nil
	}
	p.step = func(_ *Model, forward bool) tea.Cmd {
		step := 1
		if !forward {
			step = -1
		}
		if f.query != nil {
			f.next(l, l.cursor()+step, step)
		}
		return nil
	}
	p.done = func(m *Model, text string) tea.Cmd {
		if _, err := match.Parse(text); err != nil {
			p.fault = clean(err.Error())
			return nil
		}
		if f.query != nil && !f.next(l, l.cursor(), 1) {
			m.notice.warn(m.now(), "no match for "+clean(f.query.String()))
		}
		return nil
	}
	p.leave = func(*Model) { *f = listFind{}; l.to(from) }
	return m.openPrompt(p, "")
}

// next goes to the nearest match from a row on, in steps of 1 or -1, around the
// ends.
func (f *listFind) next(l list, from, step int) bool {
	n := l.rows()
	for i := range n {
		if row := ((from+i*step)%n + n) % n; f.query.Match(l.searchText(row)) {
			l.to(row)
			return true
		}
	}
	return false
}

// act carries out the actions that search a list.
func (f *listFind) act(m *Model, l list, a keymap.Action) (tea.Cmd, bool) {
	step := 1
	switch a {
	case keymap.FindOpen:
		return m.findInList(l, f), true
	case keymap.FindPrevious:
		step = -1
	case keymap.FindNext:
	default:
		return nil, false
	}
	if f.query == nil {
		return m.findInList(l, f), true
	}
	if !f.next(l, l.cursor()+step, step) {
		m.notice.warn(m.now(), "no match for "+clean(f.query.String()))
	}
	return nil, true
}
