package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// carded returns an explorer with the card of a newcomer.
func carded(t *testing.T, w, h int) *Model {
	t.Helper()
	m := still(t, "", w, h)
	m.card = true
	return relaid(m)
}

// showsCard reports whether the card is on the screen, with all of its lines.
func showsCard(m *Model) bool {
	screen := ansi.Strip(m.View().Content)
	for _, line := range m.cardLines() {
		if !strings.Contains(screen, line.text) {
			return false
		}
	}
	return strings.Contains(screen, "A cluster to play with")
}

// The card goes at the first key, which acts all the same; what a key removes is shown
// in a plan, which takes no answer that was typed ahead.
func TestTheCardGoesAtTheFirstKey(t *testing.T) {
	for _, size := range [][2]int{{60, 15}, {80, 24}, {160, 45}} {
		m := carded(t, size[0], size[1])
		if !showsCard(m) {
			t.Fatalf("at %v:\n%s", size, ansi.Strip(m.View().Content))
		}
		give(m, tea.MouseReleaseMsg{X: 1, Y: 1})
		give(m, pulled(m, batchOf(puts("app/later"))))
		if !showsCard(m) {
			t.Error("it goes by itself")
		}
		at := m.tree.at
		strike(m, "j")
		if showsCard(m) || m.tree.at != at+1 {
			t.Errorf("after a key:\n%s", ansi.Strip(m.View().Content))
		}
	}
	m := carded(t, 80, 24)
	strike(m, "D", "y")
	if _, asks := m.top().(*planDialog); !asks || showsCard(m) {
		t.Errorf("after D and y:\n%s", ansi.Strip(m.View().Content))
	}
	for _, msg := range []tea.Msg{tea.MouseClickMsg{X: 3, Y: 4, Button: tea.MouseLeft}, tea.PasteMsg{Content: "x"}} {
		m = carded(t, 80, 24)
		give(m, msg)
		if showsCard(m) {
			t.Errorf("it stays after %T", msg)
		}
	}
	if NewModel(t.Context(), untouchable{t: t}, Options{}).card || !NewModel(t.Context(), untouchable{t: t}, Options{Card: true}).card {
		t.Error("it is not shown to those alone who are to see it")
	}
}

// Whatever is on the screen, its last line names keys.
func TestHintsNeverVanish(t *testing.T) {
	for name, scene := range scenes() {
		for _, size := range [][2]int{{60, 15}, {80, 24}} {
			m := still(t, "", size[0], size[1])
			scene(m)
			for _, text := range []string{"", strings.Repeat("a long warning ", 40)} {
				m.notice = notice{text: text, bad: true, at: m.now()}
				lines := strings.Split(ansi.Strip(relaid(m).View().Content), "\n")
				if last := lines[len(lines)-1]; !strings.Contains(last, "help") {
					t.Errorf("%s at %v: the last line is %q", name, size, last)
				}
			}
		}
	}
}
