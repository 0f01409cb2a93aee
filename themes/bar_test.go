package themes

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestBar(t *testing.T) {
	for _, name := range Names() {
		s, err := For(name, true, false)
		if err != nil {
			t.Fatal(err)
		}
		for share, want := range map[float64]int{0: 0, 0.5: 15, 1: 30} {
			bar := s.Bar(35, share, Error, Muted)
			if n := strings.Count(bar, "█"); n != want || ansi.StringWidth(bar) != 35 {
				t.Errorf("%s at %v: %d of 30 cells are full, %d cells in all: %q", name, share, n, ansi.StringWidth(bar), bar)
			}
		}
	}
}

func TestBarWithoutColours(t *testing.T) {
	s, err := For("", true, true)
	if err != nil {
		t.Fatal(err)
	}
	if bar := s.Bar(20, 0.5, Error, Muted); strings.Contains(bar, "\x1b[3") || !strings.Contains(bar, "50%") {
		t.Errorf("%q", bar)
	}
}
