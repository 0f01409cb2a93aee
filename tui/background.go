package tui

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/themes"
)

// Background is what is known of the terminal's background before the terminal is
// asked.
type Background uint8

// The backgrounds.
const (
	BackgroundDark Background = iota
	BackgroundLight
	BackgroundUnknown
)

// BackgroundOf reads $COLORFGBG, which many terminals set to the numbers of their
// foreground and background colours.
func BackgroundOf(colours string) Background {
	back, err := strconv.Atoi(colours[strings.LastIndexByte(colours, ';')+1:])
	switch {
	case err != nil || back < 0 || back > 15:
		return BackgroundUnknown
	case back == 7 || back > 8:
		return BackgroundLight
	default:
		return BackgroundDark
	}
}

// backgroundWait is how long the program waits for the terminal's answer. Most
// terminals answer within milliseconds or never.
const backgroundWait = time.Second

// askBackground asks the terminal for its background.
func (m *Model) askBackground() tea.Cmd {
	if m.opts.Background != BackgroundUnknown {
		return tea.RequestBackgroundColor
	}
	return tea.Batch(tea.RequestBackgroundColor, m.after(backgroundWait, backgroundDue{}))
}

// backgroundDue says that the time for an answer is over.
type backgroundDue struct{}

func (backgroundDue) apply(m *Model) tea.Cmd {
	if m.darkKnown || m.look.Name != themes.Default {
		return nil
	}
	m.neutral = true
	return m.useTheme(themes.Neutral)
}

// tookBackground uses the theme for the background that the terminal reported.
func (m *Model) tookBackground(msg tea.BackgroundColorMsg) tea.Cmd {
	m.dark, m.darkKnown = msg.IsDark(), true
	name := m.look.Name
	if m.neutral && name == themes.Neutral {
		name = themes.Default
	}
	m.neutral = false
	m.useTheme(name)
	if m.fault != nil {
		return m.quit()
	}
	return nil
}

// quitAnswered ends a program that has hardly begun once the terminal has answered:
// an answer that comes later would be typed into the shell.
func (m *Model) quitAnswered() tea.Cmd {
	if m.darkKnown {
		return m.quit()
	}
	return m.after(backgroundWait, endAsked{})
}
