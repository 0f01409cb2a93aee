package tui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// A terminal that speaks Kitty's keyboard protocol
// (https://sw.kovidgoyal.net/kitty/keyboard-protocol/) says which key was pressed as
// well as which letter it has: on a Cyrillic keyboard, that ф is where a is. So a
// letter that nothing is bound to means what is bound to the key. Letters of ASCII
// never do: what is z on one keyboard is y on another, and y carries out plans.

// keyboard is what is known of the terminal's keyboard.
type keyboard struct {
	speaks bool // the protocol
	bare   bool // but it does not send the text with a key
}

// tells notes what the terminal says of itself.
func (k *keyboard) tells(msg tea.KeyboardEnhancementsMsg) {
	k.speaks = msg.SupportsKeyDisambiguation()
	if msg.SupportsAllKeysAsEscapeCodes() && !msg.SupportsAssociatedText() {
		k.bare = true
	}
}

// wanted returns how keys are to be sent to a surface. Where letters are text they
// come as text: a terminal knows best how they are composed.
func (k *keyboard) wanted(top surface) tea.KeyboardEnhancements {
	letters := k.speaks && !k.bare && !keymap.Typing(top.scope())
	return tea.KeyboardEnhancements{ReportAlternateKeys: k.speaks, ReportAllKeysAsEscapeCodes: letters, ReportAssociatedText: letters}
}

// alone reports whether a key is one of those that only change others, which such
// terminals report, too.
func alone(key tea.KeyPressMsg) bool {
	switch key.Code {
	case tea.KeyCapsLock, tea.KeyScrollLock, tea.KeyNumLock:
		return true
	}
	return key.Code >= tea.KeyLeftShift && key.Code <= tea.KeyIsoLevel5Shift
}

// twoEscapes reports whether a key is escape, pressed twice. Most terminals send alt as
// an escape before the key, so two escapes that are read at once look like alt+esc.
func (d *deck) twoEscapes(key tea.KeyPressMsg) bool {
	if d.speaks || key.Code != tea.KeyEscape || key.Mod != tea.ModAlt {
		return false
	}
	m := d.active().shown()
	return !m.means(m.top(), "alt+esc")
}

// lineFeed is enter as a terminal sends it before its line is raw: what is typed while
// kvist starts. Where nothing is bound to it, it is enter.
const lineFeed = "ctrl+j"

// keyName returns the name of a key on a surface: by its letter, or, where that means
// nothing, by where it is on the keyboard.
func (m *Model) keyName(top surface, key tea.KeyPressMsg) string {
	own := key
	own.BaseCode = 0
	name := own.String()
	if name == lineFeed && !m.means(top, name) {
		return "enter"
	}
	text := key.Text != "" && keymap.Typing(top.scope())
	if key.BaseCode == 0 || key.BaseCode == key.Code || text || !foreign(name) || m.means(top, name) {
		return name
	}
	base := tea.Key{Code: key.BaseCode, Mod: key.Mod}
	if key.Text != "" {
		base.Text = onBase(key.BaseCode, upper(key))
	}
	return base.String()
}

// foreign reports whether a key's letter is none of ASCII.
func foreign(name string) bool {
	r, _ := utf8.DecodeLastRuneInString(name)
	return r >= utf8.RuneSelf
}

// means reports whether a name is bound, alone or as the end of a sequence.
func (m *Model) means(top surface, name string) bool {
	stack := keymap.Stack(top.scope())
	if _, ok := m.keys.Lookup(stack, name); ok {
		return true
	}
	_, ok := m.keys.Sequence(stack, m.sequence.key, name)
	return ok
}

// upper reports whether a letter is a capital one, or a sign that shift makes.
func upper(key tea.KeyPressMsg) bool {
	r, _ := utf8.DecodeRuneInString(key.Text)
	if unicode.IsUpper(r) {
		return true
	}
	return key.Mod.Contains(tea.ModShift) && !unicode.IsLower(r)
}

// onBase returns what a key of the base layout, which is the American one, types.
func onBase(code rune, shift bool) string {
	const plain, shifted = "`1234567890-=[]\\;',./", "~!@#$%^&*()_+{}|:\"<>?"
	if !shift {
		return string(code)
	}
	if i := strings.IndexRune(plain, code); i >= 0 {
		return shifted[i : i+1]
	}
	return string(unicode.ToUpper(code))
}
