package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// changesKept is how many lines of the list stay in sight while a difference has
// the focus.
const changesKept = 5

// enter gives the focus to the difference of the change under the cursor. The
// cursor stays on that change, even if it was the newest.
func (p *changesPane) enter() {
	_, n, ok := p.current()
	if !ok {
		return
	}
	p.inside, p.newest, p.at = true, false, n
}

// back returns the focus to the list.
func (p *changesPane) back() {
	p.inside = false
	p.move(p.row())
}

// scroll scrolls the difference; false when the action does not move.
func (p *changesPane) scroll(a keymap.Action) bool {
	to, ok := topAfter(a, p.diff.top, len(p.layout.rows), p.detail)
	if ok {
		p.diff.top = to
	}
	return ok
}

// wheel scrolls the list, or the difference below it.
func (p *changesPane) wheel(_ *Model, at point, by int) {
	if at.y > p.height {
		p.diff.top = max(0, min(p.diff.top+by, len(p.layout.rows)-p.detail))
		return
	}
	p.inside = false
	p.move(p.row() + by)
}

// click puts the cursor on a line of the list, or gives the focus to the
// difference.
func (p *changesPane) click(_ *Model, at point) tea.Cmd {
	line := at.y
	if line > p.height { // line 0 is the head
		p.enter()
		return nil
	}
	p.inside = false
	if top, _ := p.window(p.height); line >= 1 {
		p.move(top + line - 1)
	}
	return nil
}

func (p *changesPane) caret(*Model) (point, bool) {
	top, at := p.window(p.height)
	if p.inside {
		return point{0, p.height + 1}, true
	}
	return point{0, 1 + at - top}, p.Rows() > 0 // line 0 is the head
}

func (p *changesPane) reads() bool { return p.inside }

// detailHeight returns how many of h lines the change under the cursor gets: some
// of them, or, while it has the focus, most of them if it fills them.
func (p *changesPane) detailHeight(h int) int {
	usual := max(3, h*2/5)
	if !p.inside {
		return usual
	}
	return max(usual, min(h-1-changesKept, 1+len(p.layout.rows)))
}
