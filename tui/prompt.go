package tui

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// prompt is one line of text to be typed.
type prompt struct {
	title  string
	hint   string
	aside  bool // leaves the tree to be seen
	input  textinput.Model
	done   func(m *Model, text string) tea.Cmd
	change func(m *Model, text string) tea.Cmd // on each change; may be nil
	leave  func(m *Model)                      // on cancel; may be nil
	turn   func()                              // makes it about something else; may be nil
	fault  string                              // what is wrong with what was typed
}

// openPrompt asks for one line of text.
func (m *Model) openPrompt(p *prompt, text string) tea.Cmd {
	p.input = textinput.New()
	p.input.Prompt = ""
	p.input.SetVirtualCursor(false)
	p.input.SetStyles(m.look.textInput())
	p.input.SetValue(text)
	p.input.CursorEnd()
	m.open(p)
	return p.input.Focus()
}

func (p *prompt) scope() keymap.Scope { return keymap.ScopePrompt }

func (p *prompt) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.DialogConfirm:
		p.fault = ""
		cmd := p.done(m, p.input.Value())
		if p.fault == "" {
			m.close(p)
		}
		return cmd, true
	case keymap.DialogCancel:
		m.close(p)
		if p.leave != nil {
			p.leave(m)
		}
		return nil, true
	case keymap.PromptTurn:
		if p.turn != nil {
			p.turn()
		}
		return nil, true
	}
	return nil, false
}

func (p *prompt) typed(m *Model, msg tea.Msg) tea.Cmd {
	before := p.input.Value()
	var cmd tea.Cmd
	p.input, cmd = p.input.Update(msg)
	if text := p.input.Value(); text != before && p.change != nil {
		return tea.Batch(cmd, p.change(m, text))
	}
	return cmd
}

func (p *prompt) view(m *Model, w, _ int) dialogView {
	w = min(w, 70)
	p.input.SetWidth(w - 1)
	v := dialogView{title: p.title, wanted: w, lines: []string{p.input.View()}}
	if c := p.input.Cursor(); c != nil {
		v.cursor = &point{c.X, 0}
	}
	if p.fault != "" {
		for _, line := range wrap(p.fault, w) {
			v.lines = append(v.lines, m.look.warn.Paint(line))
		}
	}
	if p.hint != "" {
		for _, line := range wrap(p.hint, w) {
			v.lines = append(v.lines, m.look.muted.Paint(line))
		}
	}
	v.lines = append(v.lines, m.keyLine(keymap.ScopePrompt))
	return v
}
