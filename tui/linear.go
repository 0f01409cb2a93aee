package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// linear is the deck without a screen, for screen readers: the same explorer with
// the same keys, of which lines say what has changed since the line before. What
// they say is read off the frames, which are drawn but not shown.
type linear struct {
	*deck

	out  *speaker
	said said
	due  linearWaits
}

// Frames that nobody sees have room for what a line says.
const (
	linearWidth  = 200
	linearHeight = 60
	// livePause is how long no change is said after one that nobody here made, and
	// typingPause how long typing rests before what it leads to is said.
	livePause   = 2 * time.Second
	typingPause = 600 * time.Millisecond
)

// linearWaits is what is said later, so that lines are not too many.
type linearWaits struct {
	live     time.Time // from when on changes are said again
	progress time.Time // from when on the progress of a dialog is said again
	typing   time.Time // when what was typed is taken as whole; zero when it is
	asked    bool      // a linearDue is on its way
}

// linearDue says that something may be due.
type linearDue struct{}

func newLinear(d *deck, out *speaker) *linear { return &linear{deck: d, out: out} }

// Update implements tea.Model.
func (l *linear) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	by := byItself
	switch msg := msg.(type) {
	case linearDue:
		l.due.asked = false
	case tea.WindowSizeMsg:
		_, cmd = l.deck.Update(tea.WindowSizeMsg{Width: linearWidth, Height: linearHeight})
	case tea.KeyPressMsg, tea.PasteMsg:
		by = byKey
		_, cmd = l.deck.Update(msg)
	default:
		_, cmd = l.deck.Update(msg)
	}
	l.look(by)
	return l, tea.Batch(cmd, l.wake())
}

// View implements tea.Model: there is no screen.
func (l *linear) View() tea.View {
	return tea.View{KeyboardEnhancements: l.wanted(l.front().top())}
}

// wake returns a command that comes back when something is due.
func (l *linear) wake() tea.Cmd {
	m, at := l.front(), time.Time{}
	if total, _, ok := m.log.Total(); ok && total > l.said.changes && !keymap.Typing(m.top().scope()) && m.asOf == nil {
		at = l.due.live
	}
	if typing := l.due.typing; !typing.IsZero() && (at.IsZero() || typing.Before(at)) {
		at = typing
	}
	if at.IsZero() || l.due.asked {
		return nil
	}
	l.due.asked = true
	return l.later(max(0, at.Sub(m.now())))
}

func (l *linear) later(pause time.Duration) tea.Cmd { return after(l.ctx, pause, linearDue{}) }

// front returns the explorer that the keys go to.
func (l *linear) front() *Model { return l.active().shown() }
