package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"kvist/kv"
)

// holding returns an explorer that shows some locks.
func holding(t *testing.T, names ...string) *Model {
	t.Helper()
	m := still(t, "", 100, 24)
	strike(m, "L")
	p := locksOf(m)
	for _, name := range names {
		p.locks = append(p.locks, kv.LockInfo{Key: "locks/" + name, Holders: []kv.Contender{{ID: "id-" + name, Key: "locks/" + name + "/1", Index: 7}}})
	}
	for i := range p.locks {
		p.lines = append(p.lines, linesOf(i, &p.locks[i])...)
	}
	p.read, p.err, p.loading = m.now(), nil, false
	relaid(m)
	m.View()
	return m
}

func TestALockIsFoundInTheList(t *testing.T) {
	m := holding(t, "one", "two", "three", "two-more")
	strike(m, "/", "t", "w", "o")
	if p := locksOf(m); p.lines[p.at].lock != 1 {
		t.Errorf("while typing the cursor is on line %d", p.at)
	}
	strike(m, "down", "down")
	if p := locksOf(m); p.lines[p.at].lock != 3 {
		t.Errorf("while typing down leads to line %d", p.at)
	}
	strike(m, "up", "up")
	strike(m, "enter", "n")
	if p := locksOf(m); p.lines[p.at].lock != 1 || p.lines[p.at].contender == nil {
		t.Errorf("n leads to line %d, not to the holder of the same lock", p.at)
	}
	strike(m, "n", "n", "n")
	if p := locksOf(m); p.lines[p.at].lock != 1 {
		t.Errorf("around the end n leads to line %d", p.at)
	}
	strike(m, "N")
	if p := locksOf(m); p.lines[p.at].lock != 3 {
		t.Errorf("around the beginning N leads to line %d", p.at)
	}
}

func TestALookThroughAListSaysWhenThereIsNothing(t *testing.T) {
	m := holding(t, "one", "two")
	strike(m, "j", "/", "x", "y", "z")
	if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, "no match") {
		t.Error(screen)
	}
	strike(m, "esc")
	if locksOf(m).at != 1 {
		t.Errorf("esc leaves the cursor on line %d", locksOf(m).at)
	}
	strike(m, "/", "=", "[", "enter")
	if _, ok := m.top().(*prompt); !ok {
		t.Error("an expression that is wrong was taken")
	}
}

// The list of themes begins at the current theme.
func TestThePaletteBeginsAtTheThemeThatIsWorn(t *testing.T) {
	m := still(t, "nord", 100, 30)
	strike(m, ":", "t", "h", "e", "m", "e", " ")
	p, ok := m.top().(*palette)
	if !ok || p.fits[p.at].theme != "nord" || m.look.Name != "nord" {
		t.Fatalf("it begins at %+v, worn is %s", p.fits[p.at], m.look.Name)
	}
	strike(m, "enter")
	if got := ansi.Strip(m.View().Content); !strings.Contains(got, `theme = "nord" in config.toml keeps it`) {
		t.Errorf("it does not say how to keep it:\n%s", got)
	}
}
