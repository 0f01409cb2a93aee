package tui

import (
	"fmt"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/format"
	"kvist/keymap"
	"kvist/tui/tree/match"
)

// askFind asks what to find in the text, and selects it as it is typed.
func (e *editor) askFind(m *Model) tea.Cmd {
	p := &prompt{title: "Find in the text", low: true, hint: match.Hint}
	begin := e.area.Selected()
	if strings.Contains(begin, "\n") {
		begin = ""
	}
	p.change = func(_ *Model, text string) tea.Cmd {
		p.fault = ""
		query, err := match.Parse(text)
		if err != nil {
			p.fault = clean(err.Error())
			return nil
		}
		if e.query = query; query != nil && !e.area.FindFrom(e.places) {
			p.fault = "no match for " + clean(text)
		}
		return nil
	}
	p.step = func(_ *Model, forward bool) tea.Cmd {
		if e.query != nil {
			e.area.Find(e.places, forward)
		}
		return nil
	}
	p.done = func(m *Model, text string) tea.Cmd {
		if text != "" && p.fault == "" {
			m.notice.say(m.now(), e.foundHint(m))
		}
		return nil
	}
	return m.openPrompt(p, begin)
}

// foundHint says which keys go on with a find.
func (e *editor) foundHint(m *Model) string {
	return fmt.Sprintf("%s and %s go on with %s",
		m.keyFor(keymap.ScopeEditor, keymap.EditorFindNext), m.keyFor(keymap.ScopeEditor, keymap.EditorFindPrevious), clean(e.query.String()))
}

// places returns where the last find matches in a line.
func (e *editor) places(line string) [][2]int {
	var out [][2]int
	for _, s := range e.query.InValues().Places([]byte(line), valueHitsMax) {
		out = append(out, [2]int{s.From, s.To})
	}
	return out
}

// findNext selects the next match of the last find, or the one before.
func (e *editor) findNext(m *Model, forward bool) tea.Cmd {
	if e.query == nil {
		return e.askFind(m)
	}
	if !e.area.Find(e.places, forward) {
		m.notice.warn(m.now(), "no match for "+clean(e.query.String())+" in the text")
	}
	return nil
}

// askLine asks for a line to go to.
func (e *editor) askLine(m *Model) tea.Cmd {
	p := &prompt{title: "Go to line", low: true, hint: "1 to " + grouped(e.area.Lines())}
	p.done = func(_ *Model, text string) tea.Cmd {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 || n > e.area.Lines() {
			p.fault = "There are the lines 1 to " + grouped(e.area.Lines()) + "."
			return nil
		}
		e.area.GoToLine(n)
		return nil
	}
	return m.openPrompt(p, "")
}

// check finds out whether the text is valid in its format.
func (e *editor) check(text []byte) tea.Cmd {
	version, edit := e.area.Version(), e.edit
	return func() tea.Msg { return textChecked{e, version, format.Validate(edit.formatOf(text), text)} }
}

// textChecked is the result of a check.
type textChecked struct {
	editor  *editor
	version int // of the text
	fault   error
}

func (r textChecked) apply(*Model) tea.Cmd {
	if r.editor.area.Version() == r.version {
		r.editor.fault = r.fault
	}
	return nil
}
