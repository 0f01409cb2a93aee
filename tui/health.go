package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
)

// healthEvery is how often the cluster's health is read. It serves to see who
// leads; lost contact is noticed by the feed at once.
const healthEvery = 30 * time.Second

// healthState is the cluster's health as it was read last.
type healthState struct {
	health kv.Health
	err    error
	known  bool
	asking bool
	due    bool // the next read is scheduled
}

// askHealth reads the cluster's health, if the store can.
func (m *Model) askHealth() tea.Cmd {
	reader, ok := kv.As[kv.HealthReader](m.store)
	if !ok || m.health.asking {
		return nil
	}
	m.health.asking = true
	return func() tea.Msg {
		ctx, cancel := m.timeout()
		defer cancel()
		health, err := reader.Health(ctx)
		return healthTold{health, err}
	}
}

func (h *healthState) feedBegan(*Model, kv.Batch, time.Time) {}

// feedEnded reads the health when contact is back: another member may lead now.
func (h *healthState) feedEnded(m *Model, b takenBatch) tea.Cmd {
	if b.back() {
		return m.askHealth()
	}
	return nil
}

// healthTold is the result of askHealth.
type healthTold struct {
	health kv.Health
	err    error
}

func (r healthTold) apply(m *Model) tea.Cmd {
	h := &m.health
	h.asking, h.err = false, r.err
	if r.err == nil {
		h.health, h.known = r.health, true
	}
	if h.due {
		return nil
	}
	h.due = true
	return m.after(healthEvery, healthDue{})
}

// healthDue says that it is time for the next read.
type healthDue struct{}

func (healthDue) apply(m *Model) tea.Cmd {
	m.health.due = false
	return m.askHealth()
}
