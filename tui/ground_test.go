package tui

import (
	"image/color"
	"testing"

	tea "charm.land/bubbletea/v2"

	"kvist/themes"
)

func TestGroundOf(t *testing.T) {
	for colours, want := range map[string]Ground{
		"15;0": GroundDark, "0;15": GroundLight, "0;default;15": GroundLight, "12;8": GroundDark, "0;7": GroundLight,
		"": GroundUnknown, "default;default": GroundUnknown, "15;99": GroundUnknown, "7;4": GroundDark,
	} {
		if got := GroundOf(colours); got != want {
			t.Errorf("%q is %d, not %d", colours, got, want)
		}
	}
}

// A terminal that tells nothing gets colours for either ground, until it does.
func TestTheGroundIsNotTold(t *testing.T) {
	m := still(t, "", 80, 24)
	give(m, groundDue{})
	if m.look.Name != themes.Neutral {
		t.Fatalf("the theme is %s", m.look.Name)
	}
	give(m, tea.BackgroundColorMsg{Color: color.White})
	if m.look.Name != themes.Default || m.dark {
		t.Errorf("the theme is %s, dark %v", m.look.Name, m.dark)
	}
	give(m, groundDue{})
	if m.look.Name != themes.Default {
		t.Errorf("a late wait changed the theme to %s", m.look.Name)
	}
}

// A theme that was chosen stays, whatever the ground is.
func TestAChosenThemeStays(t *testing.T) {
	m := still(t, "nord", 80, 24)
	give(m, groundDue{})
	if m.look.Name != "nord" {
		t.Errorf("the theme is %s", m.look.Name)
	}
}
