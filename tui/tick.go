package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/themes"
)

const (
	// fadeSteps and fadeStep are how the light of a changed row fades.
	fadeSteps = themes.FadeSteps
	fadeStep  = 900 * time.Millisecond
	// litFor is how long a changed row stays lit, and a removed one on the screen.
	litFor = fadeSteps * fadeStep
)

// tick schedules an update for when something on the screen changes by itself: a
// lit row fades, an age grows. When nothing does, nothing wakes the program.
func (m *Model) tick() tea.Cmd {
	if m.ticking {
		return nil
	}
	pause := m.nextTick()
	if pause == 0 {
		return nil
	}
	m.ticking = true
	return m.after(pause, ticked{})
}

// nextTick returns how long the screen stays true by itself; 0 is for ever.
func (m *Model) nextTick() time.Duration {
	pause := sooner(m.tree.wakes(m), m.beside().wakes(m))
	if !m.feed.last.IsZero() {
		pause = sooner(pause, ageStep(m.now().Sub(m.feed.last)))
	}
	if m.asOf != nil && !m.asOf.at.IsZero() {
		pause = sooner(pause, ageStep(m.now().Sub(m.asOf.at)))
	}
	if m.notice.fades() || !m.feed.since.IsZero() {
		pause = sooner(pause, time.Second)
	}
	return pause
}

// sooner returns the shorter pause; 0 is none at all.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// ticked says that time has passed.
type ticked struct{}

func (ticked) apply(m *Model) tea.Cmd {
	m.ticking = false
	m.expire()
	return nil
}

// expire removes what was shown for long enough.
func (m *Model) expire() {
	now := m.now()
	line := m.tree.line()
	if m.tree.tree.Expire(now.Add(-litFor)) {
		m.tree.keepLine(line)
	}
	m.notice.expire(now)
}

// after returns a command that sends msg after a pause, unless the program ends
// first.
func (m *Model) after(pause time.Duration, msg tea.Msg) tea.Cmd { return after(m.ctx, pause, msg) }

// after returns a command that sends msg after a pause, unless ctx ends first.
func after(ctx context.Context, pause time.Duration, msg tea.Msg) tea.Cmd {
	return func() tea.Msg {
		if !sleep(ctx, pause) {
			return nil
		}
		return msg
	}
}

// sleep pauses; false when ctx ended before.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
