package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/textdiff"
)

// longChange shows the changes with the cursor on one with a long difference.
func longChange(t *testing.T) *Model {
	m := quiet(t)
	records(m, storm(100, 1_000))
	strike(m, "w")
	var after strings.Builder
	for i := range 100 {
		fmt.Fprintf(&after, "line %d\n", i)
	}
	n := changesOf(m).Number(changesOf(m).Rows()-1) + 1
	give(m, diffDue{changesOf(m), n})
	give(m, changeRead{pane: changesOf(m), of: n, lines: textdiff.Compare("k", nil, []byte(after.String())).Lines})
	m.View()
	return m
}

// The wheel scrolls the part under the pointer, and a click gives it the focus.
func TestTheMouseScrollsAChange(t *testing.T) {
	m := longChange(t)
	p, r := changesOf(m), m.areas().right
	list, below := r.y+2, r.y+r.h-1
	give(m, tea.MouseWheelMsg{X: r.x, Y: below, Button: tea.MouseWheelDown})
	if p.diff.top != wheelLines || p.inside || !p.newest {
		t.Errorf("the wheel scrolled to %d, in %v, on the newest %v", p.diff.top, p.inside, p.newest)
	}
	give(m, tea.MouseClickMsg{X: r.x, Y: below, Button: tea.MouseLeft})
	m.View()
	if !p.inside || p.height != changesKept {
		t.Errorf("a click went in: %v, and leaves %d lines of the list", p.inside, p.height)
	}
	for range 100 {
		give(m, tea.MouseWheelMsg{X: r.x, Y: below, Button: tea.MouseWheelDown})
	}
	m.View()
	if want := len(p.layout.rows) - p.detail; p.diff.top != want {
		t.Errorf("the wheel scrolled to %d, the last is %d", p.diff.top, want)
	}
	give(m, tea.MouseClickMsg{X: r.x, Y: list, Button: tea.MouseLeft})
	if c, _, _ := p.current(); p.inside || c.Now.Index != 1_000+99-changesKept+2 {
		t.Errorf("a click in the list leads to %d, in %v", c.Now.Index, p.inside)
	}
}

// New changes do not scroll a difference that has the focus.
func TestWhatAChangeDidStandsStill(t *testing.T) {
	m := longChange(t)
	strike(m, "l", "ctrl+d")
	top := changesOf(m).diff.top
	m.View()
	records(m, storm(50, 5_000))
	m.View()
	if changesOf(m).diff.top != top || top == 0 || !changesOf(m).inside {
		t.Errorf("it stands at %d, and stood at %d", changesOf(m).diff.top, top)
	}
	strike(m, "h")
	if changesOf(m).newest {
		t.Error("the cursor stays with the newest, on which it is not")
	}
}
