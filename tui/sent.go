package tui

import (
	"bytes"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
)

// isSent reports whether a key holds what a save sent that was never answered.
func isSent(sent []byte, now *kv.KVPair) bool {
	return sent != nil && now != nil && bytes.Equal(now.Value, sent)
}

// overOwn goes on after a conflict with what the same edit had sent before, without an
// answer: that is no change by somebody else.
func (r saved) overOwn(store kv.Store) saved {
	if bytes.Equal(r.mine, r.theirs.Value) {
		return saved{edit: r.edit, mine: r.mine, pair: r.theirs, lost: true}
	}
	return putBy(store, r.edit, r.mine, r.theirs)
}

// askSent reads the key of an edit when it has changed after a save that was never
// answered: the change may be that save.
func (m *Model) askSent(e *edit) tea.Cmd {
	if e.sent == nil || e.saving || e.seen == nil || e.seen == e.asked || e.seen.Kind != kv.PutEvent {
		return nil
	}
	e.asked = e.seen
	store, sent := m.store, e.sent
	return func() tea.Msg {
		now, err := store.Get(e.key)
		return sentFound{e, sent, now, err == nil && isSent(sent, now)}
	}
}

// sentFound is the result of askSent.
type sentFound struct {
	edit *edit
	sent []byte
	now  *kv.KVPair
	mine bool
}

func (r sentFound) apply(m *Model) tea.Cmd {
	if !r.mine || r.edit.saving || r.edit.sent == nil {
		return nil
	}
	return saved{edit: r.edit, mine: r.sent, pair: r.now}.applied(m)
}
