package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/moments"
	"kvist/kv"
)

// seenState is which revisions this session saw, and when: what "5m ago" means.
type seenState struct {
	moments.Log
}

func (s *seenState) feedBegan(*Model, kv.Batch, time.Time) {}

// feedEnded notes the highest revision of the changes in a batch. What a listing
// brings does not say how far the store has come, since what was deleted last is
// missing: after it, and after lost contact, the store is asked.
func (s *seenState) feedEnded(m *Model, b takenBatch) tea.Cmd {
	h, ok := m.historian()
	if !ok || m.asOf != nil {
		return nil
	}
	at := b.At
	if at.IsZero() {
		at = m.now()
	}
	switch {
	case b.State.OutOfContact():
		if since := b.Since; !since.IsZero() {
			at = since
		}
		s.Lost(at)
	case b.Synced, b.State == kv.Live && b.turned:
		return m.askRevision(h)
	case b.State == kv.Live:
		newest := uint64(0)
		for _, e := range b.Events {
			if !e.Old {
				newest = max(newest, e.Index)
			}
		}
		if newest > 0 && s.Newest() > 0 {
			s.Note(at, newest)
		}
	}
	return nil
}

// askRevision asks how far the store has come.
func (m *Model) askRevision(h kv.Historian) tea.Cmd {
	before, now := m.seen.Newest(), m.now
	return func() tea.Msg {
		ctx, cancel := m.timeout()
		defer cancel()
		revision, err := h.Revision(ctx)
		return revisionTold{revision, before, now(), err}
	}
}

// revisionTold is the result of askRevision.
type revisionTold struct {
	revision, before uint64
	at               time.Time
	err              error
}

func (r revisionTold) apply(m *Model) tea.Cmd {
	switch {
	case r.err != nil: // moments stay unknown, which the prompt says
	case r.revision < r.before:
		m.seen.Restored(r.at, r.revision)
		m.shown().notice.warn(m.now(), "the store was restored to an older state: it is at revision "+grouped(int(r.revision))+
			", after "+grouped(int(r.before))+"; earlier moments of this session are of another history")
	default:
		m.seen.Note(r.at, r.revision)
	}
	return nil
}
