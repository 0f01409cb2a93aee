package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// Update passes input to the explorer that is on the screen. The results of
// commands go to the one that asked.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	p := m.past
	if _, ok := msg.(result); p == nil || ok {
		cmd := m.update(msg)
		return m, cmd
	}
	cmd := p.elsewhere(p.update(msg))
	switch msg.(type) {
	case tea.WindowSizeMsg, tea.BackgroundColorMsg:
		cmd = tea.Batch(cmd, m.update(msg))
	}
	return m, cmd
}

// update has one case for each kind of input, not for each meaning.
func (m *Model) update(msg tea.Msg) tea.Cmd {
	m.frame.stale = true
	m.dropCard(msg)
	_, m.grace.byKey = msg.(tea.KeyPressMsg)
	m.grace.drawn = m.grace.drawn && m.grace.byKey
	before := m.top()
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case result:
		cmd = msg.apply(m)
	case tea.KeyPressMsg:
		cmd = m.press(msg)
	case tea.PasteMsg:
		cmd = m.paste(msg)
	case tea.MouseMsg:
		cmd = m.mouse(msg)
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		cmd = m.tookBackground(msg)
	default:
		cmd = m.text(msg) // such as the blinking of a cursor
	}
	m.handedOver(before, msg)
	m.followMask()
	m.rescope()
	if m.isHidden() {
		return cmd
	}
	return tea.Batch(cmd, m.settle())
}

// settle brings what is on the screen up to date: what it reads, where everything
// is, and when it has to be drawn again.
func (m *Model) settle() tea.Cmd {
	follow := m.follow()
	m.layOut()
	return tea.Batch(follow, m.compareAgain(), m.tick())
}

// press turns a key into an action or into text.
func (m *Model) press(key tea.KeyPressMsg) tea.Cmd {
	m.tree.target = "" // the user has moved on
	m.restore.movedOn()
	top := m.top()
	name := m.keyName(top, key)
	a, ok := m.completed(top, name)
	if !ok {
		a, ok = m.keys.Lookup(keymap.Stack(top.scope()), name)
		m.beginSequence(top, name)
	}
	early := m.tooEarly(top, name, a, ok)
	m.grace.keyPressed(m.now(), ok && !m.keys.Answers(top.scope(), a))
	switch {
	case early:
		return nil
	case !ok:
		return m.text(key)
	}
	m.notice.seen(m.now())
	return m.perform(top, a)
}

// paste handles pasted text, which is never an action.
func (m *Model) paste(msg tea.PasteMsg) tea.Cmd {
	early := m.tooEarly(m.top(), "", "", false)
	m.grace.keyPressed(m.now(), false)
	if early {
		return nil
	}
	return m.text(msg)
}

// perform carries out an action on a surface, or on the model. In the past, nothing
// is written. No surface keeps anybody from quitting or suspending, least of all one
// that waits for a server.
func (m *Model) perform(s surface, a keymap.Action) tea.Cmd {
	if a == keymap.AppQuit || a == keymap.AppSuspend {
		return m.act(a)
	}
	if m.asOf != nil && m.keys.Writes(a) {
		return m.refusePast()
	}
	if cmd, mine := s.act(m, a); mine {
		return cmd
	}
	return m.act(a)
}

// text passes input without an action to the topmost surface, if it takes text.
func (m *Model) text(msg tea.Msg) tea.Cmd {
	if t, ok := m.top().(typist); ok {
		return t.typed(m, msg)
	}
	return nil
}

// follow lets the panes read what their cursors have moved to.
func (m *Model) follow() tea.Cmd {
	cmds := make([]tea.Cmd, 0, len(m.panes))
	for _, p := range m.panes {
		cmds = append(cmds, p.follow(m))
	}
	return tea.Batch(cmds...)
}
