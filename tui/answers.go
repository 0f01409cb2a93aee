package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/internal/undo"
	"kvist/kv"
)

// lateAnswers finds out what became of writes to which the server never answered, once
// contact is back.
type lateAnswers struct{}

func (lateAnswers) feedBegan(*Model, kv.Batch, time.Time) {}

func (lateAnswers) feedEnded(m *Model, b takenBatch) tea.Cmd {
	if b.back() {
		return m.askAnswers()
	}
	return nil
}

// askAnswers reads the store for the writes of this program that were not answered.
func (m *Model) askAnswers() tea.Cmd {
	j, store, ctx := m.journal(), m.store, m.ctx
	if j == nil {
		return nil
	}
	return func() tea.Msg {
		found, err := undo.AskRecent(ctx, store, j)
		return answersFound{found, err}
	}
}

// answersFound is the result of askAnswers.
type answersFound struct {
	found []undo.Answer
	err   error
}

func (r answersFound) apply(m *Model) tea.Cmd {
	switch {
	case len(r.found) > 0:
		m.notice.warn(m.now(), strings.TrimSuffix(answersSaid(r.found), "; "))
	case r.err != nil:
		m.notice.warn(m.now(), "It cannot be found out what became of writes that the server never answered. "+explain.Error(r.err))
	}
	return nil
}
