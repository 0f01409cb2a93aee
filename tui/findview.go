package tui

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// span is a part of a text, in bytes.
type span struct{ from, to int }

// places are where in the part of key from byte on what is looked for stands,
// counted from there, in order. They are asked for what is on the screen only.
func (f *finder) places(key string, from int) []span {
	if f.pattern == nil || f.query == "" {
		return nil
	}
	var found []span
	switch text := f.query[1:]; f.query[0] {
	case '!':
		return nil
	case '~':
		found = fuzzyPlaces(key, text)
	case '=':
		found = regexpPlaces(key, text)
	default:
		found = plainPlaces(key, f.query, from)
	}
	var within []span
	for _, s := range found {
		if s.to > from {
			within = append(within, span{max(0, s.from-from), s.to - from})
		}
	}
	return within
}

// plainPlaces are where text stands, so far as it reaches behind from.
func plainPlaces(key, text string, from int) []span {
	if text == strings.ToLower(text) {
		lower := strings.ToLower(key)
		if len(lower) != len(key) {
			return nil // places in one are not places in the other
		}
		key = lower
	}
	var found []span
	for at := max(0, from-len(text)+1); ; { // it may begin in the folders' names
		i := strings.Index(key[at:], text)
		if i < 0 {
			return found
		}
		found = append(found, span{at + i, at + i + len(text)})
		at += i + len(text)
	}
}

// regexpPlaces are where the expression finds something.
func regexpPlaces(key, text string) []span {
	re, err := regexp.Compile(text)
	if err != nil {
		return nil
	}
	var found []span
	for _, at := range re.FindAllStringIndex(key, -1) {
		if at[0] < at[1] {
			found = append(found, span{at[0], at[1]})
		}
	}
	return found
}

// fuzzyPlaces are the letters that fzf's better algorithm would mark.
func fuzzyPlaces(key, text string) []span {
	letters := fuzzyTextOf(text).places(key)
	slices.Sort(letters)
	var found []span
	letter := 0
	for i := 0; i < len(key) && len(letters) > 0; letter++ {
		_, n := utf8.DecodeRuneInString(key[i:])
		if letter == letters[0] {
			found = append(found, span{i, i + n})
			letters = letters[1:]
		}
		i += n
	}
	return found
}

// markedBytes is how long a key is at most in which it is marked what was found:
// a frame looks at each key that it shows.
const markedBytes = 8 << 10

// markFound marks in the name of a row, as it is drawn in base, what is looked
// for. A name that is not drawn as it is, being hostile or too long, is marked
// as far as it is.
func (m *Model) markFound(key, raw, name string, base ink) string {
	if len(key) > markedBytes {
		return name
	}
	spans := m.finder.places(key, len(key)-len(raw))
	if len(spans) == 0 {
		return name
	}
	same := 0 // bytes of the name that are drawn as they are
	for same < len(raw) && same < len(name) && raw[same] == name[same] {
		same++
	}
	var b strings.Builder
	at := 0
	for _, s := range spans {
		if s.to > same {
			break
		}
		b.WriteString(name[at:s.from])
		b.WriteString(m.look.match.In(base).Paint(name[s.from:s.to]))
		at = s.to
	}
	b.WriteString(name[at:])
	return b.String()
}
