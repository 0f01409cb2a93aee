package tui

import (
	"kvist/internal/undo"
	"kvist/keymap"
	"kvist/kv"
)

// lossOf counts those of a plan's keys that cannot be put back in a store.
func lossOf(s kv.Store, keys []kv.PlannedKey) (l undo.Loss) {
	for i := range keys {
		l.Add(s, keys[i].Key)
	}
	return l
}

// lossText says how many keys cannot be put back; "" if all can.
func (m *Model) lossText(l undo.Loss) string {
	if m.present().opts.Journal == nil {
		l.Unrecorded = 0 // there is no journal that could be switched on
	}
	return l.Text(plural)
}

// ofSave says that undoing a save cannot put back what was there; "" if it can.
func (m *Model) ofSave(e *edit) string {
	if e.base == nil { // the key goes again
		return ""
	}
	switch l := lossOf(m.store, []kv.PlannedKey{{Key: e.key}}); {
	case l.Unrecorded > 0 && m.opts.Journal != nil:
		return "undo cannot put back what was there: " + undo.Unrecorded + m.inHistory()
	case l.Digests > 0:
		return "undo cannot put back what was there: " + undo.DigestsOnly + m.inHistory()
	}
	return ""
}

// inHistory says where a former value is that the journal does not keep; "" if the store does
// not keep it either.
func (m *Model) inHistory() string {
	if _, ok := m.historian(); !ok {
		return ""
	}
	return "; its history (" + m.keyFor(keymap.ScopeKey, keymap.HistoryOpen) + ") shows it"
}
