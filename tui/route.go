package tui

import tea "charm.land/bubbletea/v2"

// There may be several explorers: one for each tab, and one of the past for each of
// these. Input goes to the one that is on the screen, and results go to the one
// whose command it was, wherever that is.

// elsewhere returns a command whose results go to this explorer, whichever is on the
// screen by then.
func (m *Model) elsewhere(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		switch msg := cmd().(type) {
		case tea.BatchMsg:
			for i := range msg {
				msg[i] = m.elsewhere(msg[i])
			}
			return msg
		case resultElsewhere:
			return msg
		case result:
			return resultElsewhere{m, msg}
		default: // for Bubble Tea
			return msg
		}
	}
}

// inOrder is tea.Sequence, whose results elsewhere does not see.
func (m *Model) inOrder(cmds ...tea.Cmd) tea.Cmd {
	for i := range cmds {
		cmds[i] = m.elsewhere(cmds[i])
	}
	return tea.Sequence(cmds...)
}

// resultElsewhere is a result for an explorer that need not be on the screen.
type resultElsewhere struct {
	to     *Model
	result result
}

func (r resultElsewhere) apply(*Model) tea.Cmd {
	if r.to.isOver() { // only what it holds has to be let go
		return r.to.elsewhere(r.result.apply(r.to))
	}
	return r.to.elsewhere(r.to.update(r.result))
}

// isOver reports whether the explorer will not be shown any more.
func (m *Model) isOver() bool { return m.closed || m.asOf != nil && m.asOf.left }

// isHidden reports whether another tab is on the screen.
func (m *Model) isHidden() bool { return m.present().hidden }
