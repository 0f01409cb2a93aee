package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// prompt asks for one line of text.
type prompt struct {
	title  string
	hint   string
	fixed  string // stands before the text and cannot be edited
	aside  bool   // leaves the tree in sight
	low    bool   // lies at the foot of the screen
	input  field
	done   func(m *Model, text string) tea.Cmd
	change func(m *Model, text string) tea.Cmd  // after each change; may be nil
	leave  func(m *Model)                       // after a cancel; may be nil
	step   func(m *Model, forward bool) tea.Cmd // goes to another match of the text; may be nil
	turn   func()                               // changes what it is about; may be nil
	// complete completes the text by something that takes time; may be nil.
	complete func(m *Model) tea.Cmd
	fault    string // why the text is not accepted
}

// openPrompt opens a prompt that holds a text.
func (m *Model) openPrompt(p *prompt, text string) tea.Cmd {
	p.input = newField(text)
	m.open(p)
	return nil
}

func (p *prompt) scope() keymap.Scope { return keymap.ScopePrompt }

func (p *prompt) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.DialogConfirm:
		p.fault = ""
		cmd := p.done(m, p.input.text())
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
	case keymap.FindNext, keymap.FindPrevious:
		if p.step != nil {
			return p.step(m, a == keymap.FindNext), true
		}
		return nil, true
	case keymap.PromptTurn:
		switch {
		case p.complete != nil:
			return p.complete(m), true
		case p.turn != nil:
			p.turn()
		}
		return nil, true
	}
	changed, mine := p.input.act(a)
	return p.changed(m, changed), mine
}

func (p *prompt) typed(m *Model, msg tea.Msg) tea.Cmd {
	return p.changed(m, p.input.typed(msg))
}

// changed calls change if the text changed.
func (p *prompt) changed(m *Model, changed bool) tea.Cmd {
	if !changed || p.change == nil {
		return nil
	}
	return p.change(m, p.input.text())
}

// promptWidth is the most cells that a prompt takes.
const promptWidth = 70

func (p *prompt) lay(_ *Model, w, _ int) { p.input.lay(p.fixed, min(w, promptWidth)) }

func (p *prompt) view(m *Model, w, _ int) dialogView {
	w = min(w, promptWidth)
	line, cursor := p.input.view(m, p.fixed, w)
	v := dialogView{title: p.title, wanted: w, lines: []string{line}, cursor: cursor}
	for _, fault := range []string{p.fault, p.input.fault} {
		if fault == "" {
			continue
		}
		for _, line := range wrap(fault, w) {
			v.lines = append(v.lines, m.look.warn.Paint(line))
		}
	}
	if p.hint != "" && p.hint != p.fault {
		for _, line := range wrap(p.hint, w) {
			v.lines = append(v.lines, m.look.muted.Paint(line))
		}
	}
	v.lines = append(v.lines, m.keyLine(keymap.ScopePrompt))
	return v
}
