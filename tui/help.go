package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// help lists the keys and what they do, from the keymap, in columns, under a line of
// text that narrows them. Keys are text in it, so that none acts by accident.
type help struct {
	on    surface // from which it was opened, and on which entries are carried out
	input field
	note  []string // lines above the columns, while nothing is typed
	all   []helpEntry
	fits  []helpEntry
	at    int // the entry under the cursor, among fits
	inRow bool
	helpPages
}

// helpEntry is a key with its meaning.
type helpEntry struct {
	keymap.Entry

	section keymap.Scope
	found   string // what a filter finds it by, in small letters
	why     string // why it cannot be carried out from here; "" if it can
	idle    string // why it can do nothing now; "" if it can
}

// openHelp shows the keys of the topmost surface, then all others.
func (m *Model) openHelp() tea.Cmd {
	if h, open := m.top().(*help); open {
		m.close(h)
		return nil
	}
	on := m.top()
	h := &help{on: on, input: newField("")}
	here := keymap.Stack(on.scope())
	shown := map[keymap.Scope]bool{}
	for _, scopes := range append([][]keymap.Scope{here}, eachAlone(keymap.Scopes())...) {
		for _, section := range m.keys.Help(scopes) {
			if shown[section.Scope] {
				continue
			}
			shown[section.Scope] = true
			for _, e := range section.Entries {
				h.all = append(h.all, m.helpEntry(on, section, e))
			}
		}
	}
	h.fits = h.all
	m.open(h)
	return nil
}

// eachAlone returns each scope as a list of its own.
func eachAlone(scopes []keymap.Scope) [][]keymap.Scope {
	out := make([][]keymap.Scope, len(scopes))
	for i, s := range scopes {
		out[i] = []keymap.Scope{s}
	}
	return out
}

// helpEntry returns an entry of the help that is opened on a surface.
func (m *Model) helpEntry(on surface, section keymap.Section, e keymap.Entry) helpEntry {
	h := helpEntry{Entry: e, section: section.Scope}
	h.found = strings.ToLower(strings.Join(append([]string{section.Title, e.Help, e.Keys}, e.Names...), "\n"))
	_, asks := on.(dialog)
	switch {
	case !slices.Contains(keymap.Stack(on.scope()), section.Scope):
		h.why = "not here, but under " + section.Title
	case asks && m.keys.Answers(on.scope(), e.Action):
		h.why = "an answer: press " + firstKeyOf(e) + " where the question is"
	case !m.offers(e.Action):
		h.idle = m.whyNot(e.Action)
	}
	return h
}

// firstKeyOf returns the key that is shown first.
func firstKeyOf(e keymap.Entry) string {
	key, _, _ := strings.Cut(e.Keys, " ")
	return key
}

func (h *help) scope() keymap.Scope { return keymap.ScopeHelp }

func (h *help) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if to, ok := h.moved(a, h.at, len(h.fits)); ok {
		h.at, h.inRow = to, true
		return nil, true
	}
	switch a {
	case keymap.DialogConfirm:
		return h.do(m), true
	case keymap.DialogCancel:
		if h.input.text() == "" {
			m.close(h)
			return nil, true
		}
		h.input = newField("")
		h.narrow()
		return nil, true
	}
	changed, mine := h.input.act(a)
	if changed {
		h.narrow()
	}
	return nil, mine
}

// typed narrows the help. The key that opened it closes it, as long as nothing is
// typed.
func (h *help) typed(m *Model, msg tea.Msg) tea.Cmd {
	if key, ok := msg.(tea.KeyPressMsg); ok && h.input.text() == "" {
		if a, _ := m.keys.Lookup([]keymap.Scope{keymap.ScopeGlobal}, m.keyName(m.tree, key)); a == keymap.AppHelp {
			m.close(h)
			return nil
		}
	}
	if h.input.typed(msg) {
		h.narrow()
	}
	return nil
}

// do carries out the entry under the cursor where the help was opened, as if its key
// had been pressed there.
func (h *help) do(m *Model) tea.Cmd {
	if h.at >= len(h.fits) {
		return nil
	}
	e := h.fits[h.at]
	if e.why != "" {
		m.notice.warn(m.now(), e.Help+": "+e.why)
		return nil
	}
	m.close(h)
	if m.top() != h.on {
		m.notice.warn(m.now(), "nothing was done: where the help was opened has closed meanwhile")
		return nil
	}
	if m.tooEarly(h.on, "", e.Action, true) {
		return nil
	}
	m.notice = notice{}
	cmd := m.perform(h.on, e.Action)
	if e.idle != "" && cmd == nil && m.notice.text == "" && m.top() == h.on {
		m.notice.warn(m.now(), e.idle+": "+e.Help)
	}
	return cmd
}

// narrow keeps the entries that match all words of the text. The cursor goes to one
// whose key the text is, else to one whose name it begins.
func (h *help) narrow() {
	text := strings.TrimSpace(h.input.text())
	words := strings.Fields(text)
	h.fits, h.at, h.inRow = nil, 0, false
	for _, e := range h.all {
		if e.matches(words) {
			h.fits = append(h.fits, e)
		}
	}
	h.laid = helpRoom{}
	if text == "" {
		return
	}
	begins := func(e helpEntry) bool { return e.begins(strings.ToLower(text)) }
	for _, good := range []func(e helpEntry) bool{
		func(e helpEntry) bool { return e.why == "" && e.hasKey(text) },
		func(e helpEntry) bool { return e.why == "" && e.idle == "" && begins(e) },
		func(e helpEntry) bool { return e.why == "" && begins(e) },
		func(e helpEntry) bool { return e.hasKey(text) },
		func(e helpEntry) bool { return e.why == "" },
	} {
		if i := slices.IndexFunc(h.fits, good); i >= 0 {
			h.at = i
			return
		}
	}
}

// matches reports whether the entry has all words. A single character is a key, or
// begins a name.
func (e helpEntry) matches(words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool {
		small := strings.ToLower(word)
		if len([]rune(word)) == 1 {
			return !e.hasKey(word) && !e.begins(small)
		}
		return !strings.Contains(e.found, small)
	})
}

// hasKey reports whether a key of the entry has this name, in the same letters.
func (e helpEntry) hasKey(name string) bool { return slices.Contains(strings.Fields(e.Keys), name) }

// begins reports whether one of the entry's names begins with a text.
func (e helpEntry) begins(text string) bool {
	return slices.ContainsFunc(e.Names, func(name string) bool { return strings.HasPrefix(name, text) })
}

// clicked puts the cursor on the entry in a cell of the dialog; a click on the entry
// under the cursor carries it out.
func (h *help) clicked(m *Model, on point) tea.Cmd {
	column, y := h.firstColumn()+on.x/(h.wide+helpGap), on.y-1-len(h.note)
	if y < 0 || column >= len(h.columns) || y >= len(h.columns[column]) || on.x/(h.wide+helpGap) >= h.across {
		return nil
	}
	switch entry := h.columns[column][y].entry; {
	case entry < 0:
	case entry == h.at && h.inRow:
		return h.do(m)
	default:
		h.at, h.inRow = entry, true
	}
	return nil
}
