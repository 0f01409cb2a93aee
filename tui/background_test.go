package tui

import (
	"image/color"
	"testing"

	tea "charm.land/bubbletea/v2"

	"kvist/themes"
)

func TestGroundOf(t *testing.T) {
	for colours, want := range map[string]Background{
		"15;0": BackgroundDark, "0;15": BackgroundLight, "0;default;15": BackgroundLight, "12;8": BackgroundDark, "0;7": BackgroundLight,
		"": BackgroundUnknown, "default;default": BackgroundUnknown, "15;99": BackgroundUnknown, "7;4": BackgroundDark,
	} {
		if got := BackgroundOf(colours); got != want {
			t.Errorf("%q is %d, not %d", colours, got, want)
		}
	}
}

// A terminal that does not report its background gets colours for either, until it
// does.
func TestAnUnknownBackground(t *testing.T) {
	m := still(t, "", 80, 24)
	give(m, backgroundDue{})
	if m.look.Name != themes.Neutral {
		t.Fatalf("the theme is %s", m.look.Name)
	}
	give(m, tea.BackgroundColorMsg{Color: color.White})
	if m.look.Name != themes.Default || m.dark {
		t.Errorf("the theme is %s, dark %v", m.look.Name, m.dark)
	}
	give(m, backgroundDue{})
	if m.look.Name != themes.Default {
		t.Errorf("a late wait changed the theme to %s", m.look.Name)
	}
}

// A theme that was chosen stays, whatever the background.
func TestAChosenThemeStays(t *testing.T) {
	m := still(t, "nord", 80, 24)
	give(m, backgroundDue{})
	if m.look.Name != "nord" {
		t.Errorf("the theme is %s", m.look.Name)
	}
}
