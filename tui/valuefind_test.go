package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/internal/format"
	"kvist/kv"
	"kvist/tui/tree/match"
)

// longValue returns an explorer with the focus on a value of many lines.
func longValue(t *testing.T, value string) *Model {
	t.Helper()
	m := still(t, "", 100, 24)
	strike(m, "j")
	key := m.value.shown.key
	give(m, valueRead{shown{
		key: key, pair: &kv.KVPair{Key: key, Value: []byte(value), LastIndex: 7}, kind: format.Text,
		lines: format.Highlight(format.Text, []byte(value)), at: m.now(),
	}})
	m.focusOn(m.value)
	m.View()
	return m
}

// lookFor types a query into the find of the value and runs its command.
func lookFor(m *Model, query string) {
	strike(m, "/")
	m.View()
	for _, r := range query {
		run(m, m.press(tea.KeyPressMsg{Code: r, Text: string(r)}))
	}
}

// run runs a command that needs no store, and handles its result.
func run(m *Model, cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			run(m, c)
		}
	case valueSearched:
		give(m, msg)
	}
}

func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "line %d with some text\n", i+1)
	}
	return b.String()
}

func TestAValueIsLookedInto(t *testing.T) {
	m := longValue(t, lines(200))
	lookFor(m, "line 15")
	if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, "line 15 with") || !strings.Contains(screen, "match 1 of 11 for line 15") {
		t.Fatalf("while typing:\n%s", screen)
	}
	strike(m, "enter")
	for i, want := range []string{"line 150", "line 151"} {
		strike(m, "n")
		if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, want+" with") {
			t.Errorf("after %d times n there is no %q:\n%s", i+1, want, screen)
		}
	}
	strike(m, "N", "N", "N")
	if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, "match 11 of 11") || !strings.Contains(screen, "line 159 with") {
		t.Errorf("around the beginning:\n%s", screen)
	}
	strike(m, "esc")
	if m.value.find.query != nil || m.focus != m.value {
		t.Error("the first esc leaves what was found, and not the pane")
	}
	strike(m, "esc")
	if m.focus != m.tree {
		t.Error("the second esc leaves the pane")
	}
}

// A find without matches, and one that is cancelled, leave the value where it was.
func TestALookThatFindsNothingMovesNothing(t *testing.T) {
	m := longValue(t, lines(200))
	strike(m, "ctrl+d")
	m.View()
	top := m.value.top
	lookFor(m, "nosuch")
	if screen := ansi.Strip(m.View().Content); m.value.top != top || !strings.Contains(screen, "no match for nosuch in the value") {
		t.Errorf("it stands at %d, stood at %d:\n%s", m.value.top, top, screen)
	}
	strike(m, "esc")
	lookFor(m, "line 199")
	strike(m, "esc")
	if m.value.top != top || m.value.find.query != nil {
		t.Errorf("it stands at %d, stood at %d, and looks for %q", m.value.top, top, m.value.find.query)
	}
}

// A match far along a long line is scrolled to and marked.
func TestAHitInALongLineIsInSight(t *testing.T) {
	m := longValue(t, strings.Repeat("x", 20_000)+"needle"+strings.Repeat("y", 20_000))
	lookFor(m, "needle")
	strike(m, "enter")
	screen := ansi.Strip(m.View().Content)
	if !strings.Contains(joinedRows(screen), "needle") || m.value.top == 0 {
		t.Errorf("it stands at row %d:\n%s", m.value.top, screen)
	}
}

// A hit of a search opens the value at the match and marks it.
func TestASearchLeadsToTheLine(t *testing.T) {
	m := longValue(t, lines(200))
	m.focusOn(m.tree)
	query, err := match.Parse("line 150")
	if err != nil {
		t.Fatal(err)
	}
	found, _ := findIn(query.InValues(), []byte(lines(200)))
	searchOf(m).query, searchOf(m).hits = query, []hit{{m.value.shown.key, found}}
	run(m, searchOf(m).jump(m))
	relaid(m)
	if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, "line 150 with") || m.focus != m.tree {
		t.Errorf("the value stands at row %d:\n%s", m.value.top, screen)
	}
}

// A find works in bytes that are not text.
func TestBytesAreLookedInto(t *testing.T) {
	m := longValue(t, "text")
	value := append(make([]byte, 4096), "needle"...)
	key := m.value.shown.key
	give(m, valueRead{shown{key: key, pair: &kv.KVPair{Key: key, Value: value, LastIndex: 8}, kind: format.Binary, at: m.now()}})
	m.View()
	lookFor(m, "needle")
	strike(m, "enter")
	if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, "needle") || m.value.top == 0 {
		t.Errorf("it stands at row %d:\n%s", m.value.top, screen)
	}
}

func BenchmarkLookIntoAMegabyte(b *testing.B) {
	value := []byte(lines(40_000))
	shown := format.Highlight(format.Text, value)
	query, _ := match.Parse("39999")
	for b.Loop() {
		placesIn(query, shown, value)
	}
}
