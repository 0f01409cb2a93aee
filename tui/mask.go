package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

// mask says which values the screen shows. Whatever draws a value, or a part of one,
// asks conceals first.
type mask struct {
	shown string // the key whose values are revealed; "" for none
	at    string // where the cursor was then
}

// masks reports whether the profile masks the values of a key.
func (m *Model) masks(key string) bool { return m.opts.Masked != nil && m.opts.Masked(key) }

// conceals reports whether the values of a key are not shown.
func (m *Model) conceals(key string) bool { return m.masks(key) && m.mask.shown != key }

// dots are drawn in place of a value that is hidden. Their number says nothing of it.
func (m *Model) dots() string {
	if m.opts.ASCII {
		return "********"
	}
	return "••••••••"
}

// claimName names a contender to people. The name may be a part of its claim's value.
func (m *Model) claimName(c kv.Contender) string {
	if c.Name != "" && m.conceals(c.Key) {
		return m.dots()
	}
	return c.Name
}

// maskedValue is drawn in place of a value of size bytes that is hidden.
func (m *Model) maskedValue(size int) string {
	return m.dots() + " " + sized(int64(size)) + m.revealed()
}

// nothing is the size of a value that is not there.
const nothing = -1

// maskedChange is drawn in place of a difference.
func (m *Model) maskedChange(was, now int, differs bool) string {
	side := func(size int) string {
		if size == nothing {
			return "nothing"
		}
		return m.dots() + " " + sized(int64(size))
	}
	text := side(was) + " → " + side(now)
	if !differs {
		text += ", no difference"
	}
	return text + m.revealed()
}

// revealed names the key that shows what is hidden.
func (m *Model) revealed() string {
	return ", masked: " + m.keyFor(keymap.ScopeKey, keymap.ValueReveal) + " shows it"
}

// reveal shows the values of the key under the cursor, or hides them again.
func (m *Model) reveal() tea.Cmd {
	row, _ := m.subject()
	if onlyFolder(row) {
		m.notice.warn(m.now(), "no value is masked here: this is a folder")
		return nil
	}
	return m.revealKey(row.Key)
}

// onlyFolder reports whether a row is a folder without a value of its own.
func onlyFolder(row tree.Row) bool {
	return row.IsFolder && (!row.IsKey || kv.KeyFlags(row.Flags)&kv.Directory != 0)
}

// canReveal reports whether the value under the cursor is masked.
func (m *Model) canReveal() bool {
	row, ok := m.subject()
	return ok && m.masks(row.Key) && !onlyFolder(row)
}

// revealKey shows the values of a key until the cursor leaves where it is, or hides
// them again.
func (m *Model) revealKey(key string) tea.Cmd {
	switch {
	case !m.masks(key):
		m.notice.warn(m.now(), "no value is masked here")
		return nil
	case m.mask.shown == key:
		m.conceal()
		return nil
	}
	row, _ := m.subject()
	m.mask = mask{shown: key, at: row.Key}
	return m.findAgain()
}

// conceal hides everything again that the profile masks.
func (m *Model) conceal() {
	if m.mask.shown == "" {
		return
	}
	m.mask = mask{}
	m.value.find.hits, m.value.find.at = nil, -1 // they are places in the value
}

// followMask hides a value when the cursor leaves it.
func (m *Model) followMask() {
	if row, _ := m.subject(); row.Key != m.mask.at {
		m.conceal()
	}
}

// unmasked does something that shows a value of a key, and asks first if it is masked.
func (m *Model) unmasked(key string, do func(*Model) tea.Cmd) tea.Cmd {
	if !m.conceals(key) {
		return do(m)
	}
	m.open(&confirm{
		title: "Show the value?",
		text:  "The profile masks the value of " + cleanName(key) + ". Editing shows it on the screen.",
		yes: func(m *Model) tea.Cmd {
			return tea.Batch(m.revealKey(key), do(m))
		},
	})
	return nil
}
