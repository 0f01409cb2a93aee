package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// changesKept is how many lines of the list stay in sight while what one
// change did is scrolled.
const changesKept = 5

// enter goes from the list to what the change under the cursor did, which
// scrolls then. The cursor stays with that change, also where it was the
// newest.
func (p *changesPane) enter() {
	_, n, ok := p.current()
	if !ok {
		return
	}
	p.inside, p.newest, p.at = true, false, n
}

// back returns to the list.
func (p *changesPane) back() {
	p.inside = false
	p.move(p.row())
}

// scroll takes an action of moving while what a change did is scrolled.
func (p *changesPane) scroll(a keymap.Action) bool {
	to, ok := topAfter(a, p.diff.top, len(p.layout.rows), p.detail)
	if ok {
		p.diff.top = to
	}
	return ok
}

// wheel scrolls what is under the pointer: the list, or below it what a change
// did.
func (p *changesPane) wheel(_ *Model, at point, by int) {
	if at.y > p.height {
		p.diff.top = max(0, min(p.diff.top+by, len(p.layout.rows)-p.detail))
		return
	}
	p.inside = false
	p.move(p.row() + by)
}

// click puts the cursor on a line of the pane, if a change stands there; below
// the list it goes to what the change did.
func (p *changesPane) click(_ *Model, at point) tea.Cmd {
	line := at.y
	if line > p.height { // the head is line 0
		p.enter()
		return nil
	}
	p.inside = false
	if top, _ := p.window(p.height); line >= 1 {
		p.move(top + line - 1)
	}
	return nil
}

// detailHeight is how many of h lines tell of the change under the cursor: a
// part of them, and most of them while that is what is looked at, as far as
// there is something to fill them.
func (p *changesPane) detailHeight(h int) int {
	usual := max(3, h*2/5)
	if !p.inside {
		return usual
	}
	return max(usual, min(h-1-changesKept, 1+len(p.layout.rows)))
}
