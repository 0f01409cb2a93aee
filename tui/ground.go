package tui

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/themes"
)

// Ground is what is known of the terminal's background before it was asked.
type Ground uint8

// The grounds.
const (
	GroundDark Ground = iota
	GroundLight
	GroundUnknown
)

// GroundOf reads $COLORFGBG, which many terminals set to the numbers of the
// colours that they write in and on.
func GroundOf(colours string) Ground {
	back, err := strconv.Atoi(colours[strings.LastIndexByte(colours, ';')+1:])
	switch {
	case err != nil || back < 0 || back > 15:
		return GroundUnknown
	case back == 7 || back > 8:
		return GroundLight
	default:
		return GroundDark
	}
}

// groundWait is how long a terminal has to tell its background; most do in a
// few milliseconds, or never.
const groundWait = time.Second

// askGround asks the terminal for its background.
func (m *Model) askGround() tea.Cmd {
	if m.opts.Ground != GroundUnknown {
		return tea.RequestBackgroundColor
	}
	return tea.Batch(tea.RequestBackgroundColor, m.after(groundWait, groundDue{}))
}

// groundDue says that the terminal had time to tell.
type groundDue struct{}

func (groundDue) apply(m *Model) tea.Cmd {
	if m.told || m.look.Name != themes.Default {
		return nil
	}
	m.unsure = true
	return m.wear(themes.Neutral)
}

// grounded shows everything for the background that the terminal told.
func (m *Model) grounded(msg tea.BackgroundColorMsg) tea.Cmd {
	m.dark, m.told = msg.IsDark(), true
	name := m.look.Name
	if m.unsure && name == themes.Neutral {
		name = themes.Default
	}
	m.unsure = false
	return m.wear(name)
}
