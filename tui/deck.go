package tui

import (
	"context"
	"errors"
	"sync"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/places"
)

// deck is what Bubble Tea runs: the stores that are open, each in a tab, of which
// one is on the screen. A tab is an explorer that knows nothing of the others. The
// hidden ones take in what their feeds bring, and draw nothing.
type deck struct {
	ctx  context.Context //nolint:containedctx // of the program, which all tabs end with
	tabs []*tab          // never empty
	at   int             // the one on the screen
	w, h int
	idle idler
	keyboard
	ends []func() error // of tabs that were closed

	started string        // what the files call the first store that was open
	places  *places.Store // where that is kept; nil for nowhere
}

// tab is a store that is open.
type tab struct{ *Model }

// newDeck returns the tabs of a program that starts with one explorer.
func newDeck(ctx context.Context, first *Model) *deck {
	d := &deck{ctx: ctx, idle: idler{ctx: ctx}}
	d.add(first)
	return d
}

// add adds a tab behind the others.
func (d *deck) add(m *Model) {
	m.deck = d
	d.tabs = append(d.tabs, &tab{m})
}

// active returns the explorer of the tab on the screen.
func (d *deck) active() *Model { return d.tabs[d.at].Model }

// Init implements tea.Model.
func (d *deck) Init() tea.Cmd {
	m := d.active()
	return tea.Batch(m.elsewhere(m.Init()), d.loadTabs(m))
}

// Update implements tea.Model. Input goes to the tab on the screen, the result of a
// command to the tab whose command it was.
func (d *deck) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.RawMsg: // on its way to the terminal
		return d, nil
	case idleDue:
		return d, d.idle.due()
	default:
		cmd := d.update(msg)
		return d, tea.Batch(cmd, d.idle.note())
	}
}

func (d *deck) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case resultElsewhere:
		return msg.apply(nil)
	case tea.WindowSizeMsg:
		d.w, d.h = msg.Width, msg.Height
		return d.resize()
	case tea.BackgroundColorMsg:
		return d.all(msg)
	case tea.MouseMsg:
		return d.mouse(msg)
	case tea.KeyboardEnhancementsMsg:
		d.tells(msg)
		return nil
	case tea.KeyPressMsg:
		switch {
		case alone(msg):
			return nil
		case d.twoEscapes(msg):
			esc := tea.KeyPressMsg{Code: tea.KeyEscape}
			return tea.Batch(d.pass(esc), d.pass(esc))
		}
	}
	return d.pass(msg)
}

// pass passes a message to the tab on the screen.
func (d *deck) pass(msg tea.Msg) tea.Cmd {
	m := d.active()
	_, cmd := m.Update(msg)
	return m.elsewhere(cmd)
}

// all passes a message to all tabs.
func (d *deck) all(msg tea.Msg) tea.Cmd {
	cmds := make([]tea.Cmd, 0, len(d.tabs))
	for _, t := range d.tabs {
		_, cmd := t.Update(msg)
		cmds = append(cmds, t.elsewhere(cmd))
	}
	return tea.Batch(cmds...)
}

// resize tells all tabs how much room they have.
func (d *deck) resize() tea.Cmd {
	if d.w == 0 {
		return nil // the terminal has not said so yet
	}
	return d.all(tea.WindowSizeMsg{Width: d.w, Height: d.h - d.lineHeight()})
}

// View implements tea.Model.
func (d *deck) View() tea.View {
	v := d.active().View()
	v.KeyboardEnhancements = d.wanted(d.active().shown().top())
	if d.lineHeight() == 0 {
		return v
	}
	v.Content = d.tabLine(d.w) + "\n" + v.Content
	if v.Cursor != nil {
		lower := *v.Cursor // the frame keeps its own
		lower.Y++
		v.Cursor = &lower
	}
	return v
}

// finish closes what is open when the program has ended, and waits for the saves of
// all tabs.
func (d *deck) finish() error {
	defer d.keepTabs()()
	errs := make([]error, len(d.tabs)+len(d.ends))
	var all sync.WaitGroup
	for i, t := range d.tabs {
		all.Go(func() { errs[i] = t.finish() })
	}
	for i, end := range d.ends {
		all.Go(func() { errs[len(d.tabs)+i] = end() })
	}
	all.Wait()
	return errors.Join(errs...)
}
