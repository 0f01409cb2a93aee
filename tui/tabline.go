package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
)

// The tab line is the first line of the screen while more than one store is open. A
// tab does not know of it: it gets a screen that is one line lower.

const (
	// tabName is the most cells of a tab's name, and tabLeast the fewest worth
	// showing.
	tabName, tabLeast = 30, 6
	// tabEdges is the width of what stands around a name: its number, the state of
	// its contact, and a mark.
	tabEdges = len(" 12 ● ~ ") - len("●") + 1
)

// lineHeight returns how many lines the tab line takes. On the lowest screens there
// is no room for it.
func (d *deck) lineHeight() int {
	if d.several() && d.h > leastHeight {
		return 1
	}
	return 0
}

// tabSpot is where a tab stands in the line.
type tabSpot struct {
	at, x, w int // the tab's number from 0, and its cells
}

// tabSpots lays out as many tabs as fit into w cells, the one on the screen among
// them.
func (d *deck) tabSpots(w int) []tabSpot {
	each := max(tabLeast+tabEdges, w/len(d.tabs))
	first := 0
	if fit := max(1, w/each); d.at >= fit {
		first = d.at - fit + 1
	}
	var spots []tabSpot
	x := 0
	for i := first; i < len(d.tabs); i++ {
		wide := min(tabEdges+min(width(d.tabs[i].tabName()), tabName), each)
		if x+wide > w {
			break
		}
		spots = append(spots, tabSpot{i, x, wide})
		x += wide
	}
	return spots
}

// tabName returns what the tab line calls a store.
func (m *Model) tabName() string {
	name := clean(m.name())
	if m.opts.Profile != "" && m.opts.Key != "" {
		name += "/" + cleanName(m.opts.Key)
	}
	return name
}

// tabLine draws the tabs in w cells.
func (d *deck) tabLine(w int) string {
	l := d.active().shown().look
	var b strings.Builder
	used := 0
	for _, s := range d.tabSpots(w) {
		b.WriteString(d.drawTab(s))
		used = s.x + s.w
	}
	b.WriteString(l.status.Paint(blank(w - used)))
	if d.active().opts.ASCII {
		return plainLines.Replace(b.String())
	}
	return b.String()
}

// drawTab draws a tab: its number, its contact with the store, its name, and whether
// it asks something or has changed since it was last on the screen.
func (d *deck) drawTab(s tabSpot) string {
	l, t := d.active().shown().look, d.tabs[s.at]
	name, mark := t.tabName(), " "
	switch {
	case s.at == d.at, t.starting():
	case len(t.shown().dialogs) > 0:
		mark = "?"
	case t.feed.last.After(t.hiddenAt):
		mark = "~"
	}
	in := l.status
	switch {
	case s.at == d.at:
		in = l.selected
	case t.starting():
		in = l.muted
	case t.opts.ReadOnly || t.opts.Protected:
		in = l.statusWarn
	}
	sign, contact := t.contact(l)
	if s.at == d.at || t.starting() {
		contact = in
	}
	room := s.w - tabEdges
	number := itoa(s.at + 1)
	return in.Paint(" "+number+" ") + contact.Paint(sign) + in.Paint(" "+fit(fitMiddle(name, min(width(name), room)), room+2-len(number))+mark+" ")
}

// contact returns a sign for how fresh the tree is, and its ink.
func (m *Model) contact(l *look) (string, ink) {
	f := &m.feed
	switch {
	case m.starting() && m.later().opening == nil:
		return " ", l.muted
	case f.paused, f.state.OutOfContact():
		return l.signs.Broken, l.statusDanger
	case f.state == kv.Listing || f.err != nil:
		return l.signs.Waiting, l.statusWarn
	default:
		return l.signs.Live, l.statusLive
	}
}

// mouse passes a click to the tab on the screen, or goes to the one that was clicked.
func (d *deck) mouse(msg tea.MouseMsg) tea.Cmd {
	if d.lineHeight() == 0 {
		return d.pass(msg)
	}
	if at := msg.Mouse(); at.Y > 0 {
		return d.pass(higher(msg))
	} else if click, ok := msg.(tea.MouseClickMsg); ok && click.Button == tea.MouseLeft {
		for _, s := range d.tabSpots(d.w) {
			if at.X >= s.x && at.X < s.x+s.w {
				return d.show(s.at)
			}
		}
	}
	return nil
}

// higher returns the message as a tab counts lines.
func higher(msg tea.MouseMsg) tea.Msg {
	switch msg := msg.(type) {
	case tea.MouseClickMsg:
		msg.Y--
		return msg
	case tea.MouseReleaseMsg:
		msg.Y--
		return msg
	case tea.MouseWheelMsg:
		msg.Y--
		return msg
	case tea.MouseMotionMsg:
		msg.Y--
		return msg
	}
	return msg
}
