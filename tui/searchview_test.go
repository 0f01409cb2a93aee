package tui

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/tui/tree/match"
)

func TestClickOnAHit(t *testing.T) {
	for _, h := range []int{24, 25} {
		m := still(t, "", 100, h)
		scenes()["search"](m)
		lines := strings.Split(ansi.Strip(m.View().Content), "\n")
		for i, key := range []string{"limits.json", "mail/from", "mail/host"} {
			at := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "app/config/"+key) })
			for _, y := range []int{at, at + 1} {
				searchOf(m).at = 2 - i
				give(m, tea.MouseClickMsg{X: 60, Y: y, Button: tea.MouseLeft})
				if searchOf(m).at != i {
					t.Errorf("a click on line %d, %s, went to hit %d", y, key, searchOf(m).at)
				}
			}
		}
		give(m, tea.MouseWheelMsg{X: 60, Y: 10, Button: tea.MouseWheelUp})
		if searchOf(m).at != 0 {
			t.Errorf("the wheel went to hit %d", searchOf(m).at)
		}
	}
}

// Each line of the pane is as wide as the pane, whatever is found and however
// narrow the screen is.
func TestFindingsFitTheirPane(t *testing.T) {
	query, err := match.Parse("mail")
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{
		"mail", strings.Repeat("広い", 200) + "mail" + strings.Repeat("広い", 200), "\x00" + strings.Repeat("\xff", 300) + "mail\x1b[31m",
		strings.Repeat("x", 5000) + "\nmail", "mail\u202e\u0301 \U0001f469\u200d\U0001f467 end", strings.Repeat("mail\n", 2000),
	} {
		f, ok := findIn(query.InValues(), []byte(value))
		if !ok {
			t.Fatalf("not found in %q", value)
		}
		m := still(t, "", 100, 30)
		for _, w := range []int{20, 43, 44, 60, 200} {
			for _, selected := range []bool{false, true} {
				for _, line := range searchOf(m).drawHit(m, hit{"app/" + value, f}, w, selected) {
					if got := ansi.StringWidth(line); got != w {
						t.Errorf("%d cells instead of %d: %q", got, w, ansi.Strip(line))
					}
				}
			}
		}
	}
}
