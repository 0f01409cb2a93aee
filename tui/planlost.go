package tui

import (
	"kvist/internal/undo"
	"kvist/keymap"
	"kvist/kv"
)

// lost says which keys of a plan to delete cannot be put back.
type lost struct {
	keys int  // of these, the journal keeps no values
	all  bool // nothing is recorded
}

// lostOf returns which keys of a plan cannot be put back in a store. recording says
// that the explorer keeps a journal, of whatever stores.
func lostOf(s kv.Store, recording bool, keys []kv.PlannedKey) (l lost) {
	recorder := kv.RecorderOf(s)
	if recorder == nil {
		l.all = recording
		return l
	}
	discreet, ok := recorder.(interface{ Hides(key string) bool })
	for i := range keys {
		if ok && discreet.Hides(keys[i].Key) {
			l.keys++
		}
	}
	return l
}

const digests = ": " + undo.DigestsOnly

// ofSave says that undoing a save cannot put back what was there; "" if it can.
func (m *Model) ofSave(e *edit) string {
	if e.base == nil { // the key goes again
		return ""
	}
	switch l := lostOf(m.store, m.opts.Journal != nil, []kv.PlannedKey{{Key: e.key}}); {
	case l.all:
		return "undo cannot put back what was there: the journal is off" + m.inHistory()
	case l.keys > 0:
		return "undo cannot put back what was there" + digests + m.inHistory()
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

// text warns of what cannot be put back of so many keys; "" if all can.
func (l lost) text(keys int) string {
	switch {
	case l.all && keys == 1:
		return "it cannot be put back: the journal is off"
	case l.all:
		return "none of these can be put back: the journal is off"
	case l.keys == 0:
		return ""
	case keys == 1:
		return "it cannot be put back" + digests
	case l.keys == keys:
		return "none of these can be put back" + digests
	}
	return grouped(l.keys) + " of these cannot be put back" + digests
}
