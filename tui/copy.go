package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/keymap"
	"kvist/kv"
)

// copyValue copies the value of the key under the cursor. It takes the value that
// is shown if that is up to date, or the last value of a removed key; otherwise it
// reads it.
func (m *Model) copyValue() tea.Cmd {
	if cmd, settled := m.settleMarks(); !settled {
		return cmd
	}
	if of, _ := m.targets(); of.many() {
		return m.copyMarks(of, true)
	}
	row, ok := m.subject()
	v := m.value
	shown := ok && v.shown.key == row.Key && v.shown.pair != nil
	switch {
	case ok && m.conceals(row.Key) && !onlyFolder(row):
		return m.copyMasked()
	case shown && (row.Ghost || !v.stale && !v.loading):
		return m.copyPair(v.shown.pair)
	case ok && row.Ghost:
		m.notice.warn(m.now(), cleanName(row.Key)+" was deleted: there is no value to copy")
		return nil
	case !ok || !row.IsKey || kv.KeyFlags(row.Flags)&kv.Directory != 0:
		m.notice.warn(m.now(), "there is no value here to copy")
		return nil
	}
	key, store := row.Key, m.store
	return func() tea.Msg {
		pair, err := store.Get(key)
		return copyRead{pair, err}
	}
}

// copyRead is the result of reading a value to copy.
type copyRead struct {
	pair *kv.KVPair
	err  error
}

func (r copyRead) apply(m *Model) tea.Cmd {
	if r.err != nil {
		m.notice.warn(m.now(), "nothing was copied: "+explain.Error(r.err))
		return nil
	}
	return m.copyPair(r.pair)
}

// copyMasked says why a value is not copied.
func (m *Model) copyMasked() tea.Cmd {
	m.notice.warn(m.now(), "the profile masks this value: "+m.keyFor(keymap.ScopeKey, keymap.ValueReveal)+" shows it, and then it can be copied")
	return nil
}

// copyPair copies a value, unless it is hidden.
func (m *Model) copyPair(pair *kv.KVPair) tea.Cmd {
	if m.conceals(pair.Key) {
		return m.copyMasked()
	}
	value := string(pair.Value)
	return m.copyOut("the value of "+cleanName(pair.Key), value, holdsControl(value, "\n\r\t"))
}

// onRow reports whether the cursor is on a row.
func (m *Model) onRow() bool {
	_, ok := m.subject()
	return ok || m.marksCount()
}

// copyKey copies the name of the key, or of all that is marked.
func (m *Model) copyKey() tea.Cmd {
	if cmd, settled := m.settleMarks(); !settled {
		return cmd
	}
	if of, _ := m.targets(); of.many() {
		return m.copyMarks(of, false)
	}
	row, ok := m.subject()
	if !ok {
		m.notice.warn(m.now(), "there is no key here to copy")
		return nil
	}
	return m.copyOut("the key "+cleanName(row.Key), row.Key, holdsControl(row.Key, ""))
}
