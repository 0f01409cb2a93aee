package keymap

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kvist/internal/nearest"
	"kvist/internal/printable"
)

// modifiers are in the order in which Bubble Tea names them.
var modifiers = []string{"ctrl", "alt", "shift", "meta", "hyper", "super"}

// named are the keys that have a name instead of a character, by Bubble Tea's
// names; f1 to f24 come on top.
var named = []string{
	"enter", "tab", "backspace", "esc", "space", "up", "down", "left", "right",
	"insert", "delete", "pgup", "pgdown", "home", "end", "begin", "find", "select",
	"menu", "pause", "printscreen",
}

// aliases are names that people write for keys that Bubble Tea calls
// differently.
var aliases = map[string]string{
	"escape": "esc", "return": "enter", "del": "delete", "ins": "insert", "pageup": "pgup",
	"pagedown": "pgdown", " ": "space", "plus": "+", "↑": "up", "↓": "down", "←": "left", "→": "right",
}

// spelled are the modifiers by the names that other programs give them.
var spelled = map[string]string{
	"c": "ctrl", "control": "ctrl", "m": "alt", "a": "alt", "option": "alt", "s": "shift", "cmd": "super",
}

// parseKey returns the name that Bubble Tea's KeyPressMsg.String has for a key
// that a user wrote: modifiers in their order, then a character or a name.
//
// Two characters, of which the first is g, are pressed one after the other.
func parseKey(name string) (string, error) {
	if inSequence(name) {
		return name, nil
	}
	mods, base := splitKey(name)
	if known, ok := aliases[base]; ok {
		base = known
	}
	var order []string
	for _, m := range modifiers {
		if n := count(mods, m); n > 1 {
			return "", fmt.Errorf("%s is there twice", m)
		} else if n == 1 {
			order = append(order, m)
		}
	}
	if len(order) != len(mods) {
		return "", fmt.Errorf("modifiers are %s", strings.Join(modifiers, ", "))
	}
	if err := checkBase(base, order); err != nil {
		return "", err
	}
	return strings.Join(append(order, base), "+"), nil
}

// sequenceStart begins all sequences of two keys. It does by itself what it is bound
// to, so that nobody waits for it.
const sequenceStart = 'g'

// inSequence reports whether a name is that of two keys in sequence.
func inSequence(name string) bool {
	r := []rune(name)
	return len(r) == 2 && r[0] == sequenceStart && r[1] != ' ' && printable.Rune(r[1])
}

// keyMeant returns the key that a name in another program's notation stands
// for, such as "ctrl-o", "C-o", "^O" or "<C-o>", or that was likely meant; "" if
// there is none.
func keyMeant(name string) string {
	if !strings.ContainsAny(name, "-^<_+") {
		return nearest.To(name, named...)
	}
	text := name
	if strings.ContainsAny(name, "-^<_") {
		text = strings.ToLower(strings.Trim(strings.TrimSpace(name), "<>"))
	}
	if letter, ok := strings.CutPrefix(text, "^"); ok {
		text = "ctrl+" + letter
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '-' || r == '+' || r == '_' })
	for i, p := range parts[:max(0, len(parts)-1)] {
		if long, ok := spelled[p]; ok {
			parts[i] = long
		} else if near := nearest.To(p, modifiers...); near != "" {
			parts[i] = near
		}
	}
	if last := len(parts) - 1; last > 0 && len(parts[last]) > 1 {
		parts[last] = cmp.Or(nearest.To(parts[last], named...), parts[last])
	}
	key, err := parseKey(strings.Join(parts, "+"))
	if err != nil {
		return ""
	}
	return key
}

// splitKey cuts the modifiers off a name; the last + may be the key itself.
func splitKey(name string) (mods []string, base string) {
	if name == "+" {
		return nil, name
	}
	if head, ok := strings.CutSuffix(name, "++"); ok {
		return strings.Split(head, "+"), "+"
	}
	parts := strings.Split(name, "+")
	return parts[:len(parts)-1], parts[len(parts)-1]
}

// checkBase refuses names that no key press ever has.
func checkBase(base string, mods []string) error {
	if slices.Contains(named, base) || isFunctionKey(base) {
		return nil
	}
	r, n := utf8.DecodeRuneInString(base)
	switch {
	case base == "":
		return errors.New("no key is named")
	case n != len(base) || !printable.Rune(r):
		return fmt.Errorf("keys are characters or one of %s, f1 to f24", strings.Join(named, ", "))
	case len(mods) == 1 && mods[0] == "shift":
		return errors.New("shift is in the character already: write what the two type, as in \"G\"")
	case len(mods) > 0 && unicode.IsUpper(r):
		return fmt.Errorf("with modifiers, write shift and the small letter: %q", strings.Join(mods, "+")+"+shift+"+string(unicode.ToLower(r)))
	}
	return nil
}

func isFunctionKey(name string) bool {
	for i := 1; i <= 24; i++ {
		if name == fmt.Sprintf("f%d", i) {
			return true
		}
	}
	return false
}

func count(list []string, s string) int {
	n := 0
	for _, x := range list {
		if x == s {
			n++
		}
	}
	return n
}

// types reports whether a key writes text, so that it cannot mean anything else
// where text is taken.
func types(key string) bool {
	return key == "space" || key == "backspace" || inSequence(key) || utf8.RuneCountInString(key) == 1
}

// careless reports whether a key is easily pressed by mistake: a chord that
// other programs use for moving and editing, or a key of reflex.
func careless(key string) bool {
	mods, base := splitKey(key)
	return len(mods) > 0 || slices.Contains([]string{"enter", "space", "tab", "esc", "backspace", "up", "down", "left", "right"}, base)
}
