package tui

import (
	"unicode"
	"unicode/utf8"

	"kvist/internal/merge"
)

// changedWords are the parts in which a line that was replaced and the one in
// its place differ, by the number of the line; texts are the lines as they are
// drawn. Lines are taken for each other's where as many came as went.
func changedWords(lines []merge.Line, texts []string) []span {
	parts := make([]span, len(lines))
	for i := 0; i < len(lines); {
		removed := run(lines[i:], merge.Removed)
		added := run(lines[i+removed:], merge.Added)
		for j := i; removed == added && j < i+removed; j++ {
			parts[j], parts[j+removed] = differ(texts[j], texts[j+removed])
		}
		i += max(1, removed+added)
	}
	return parts
}

// run is how many lines of a kind there are at the beginning.
func run(lines []merge.Line, kind merge.Kind) int {
	n := 0
	for n < len(lines) && lines[n].Kind == kind {
		n++
	}
	return n
}

// differ is the part in which each of two lines differs from the other, in
// whole words; nothing where they have no word in common at either end.
func differ(old, now string) (inOld, inNow span) {
	before, after := ends(old, now)
	for back := lastRune(old[:before]); isWord(back) && (isWord(firstRune(old[before:])) || isWord(firstRune(now[before:]))); back = lastRune(old[:before]) {
		before -= utf8.RuneLen(back)
	}
	tail := old[len(old)-after:]
	for isWord(firstRune(tail)) && (isWord(lastRune(old[:len(old)-len(tail)])) || isWord(lastRune(now[:len(now)-len(tail)]))) {
		tail = tail[utf8.RuneLen(firstRune(tail)):]
	}
	if !hasWord(old[:before]) && !hasWord(tail) {
		return span{}, span{}
	}
	return span{before, len(old) - len(tail)}, span{before, len(now) - len(tail)}
}

// ends is how many bytes two texts have in common at their beginnings and at
// their ends, in whole runes.
func ends(a, b string) (before, after int) {
	for before < min(len(a), len(b)) && a[before] == b[before] {
		before++
	}
	for before > 0 && (before < len(a) && !utf8.RuneStart(a[before]) || before < len(b) && !utf8.RuneStart(b[before])) {
		before--
	}
	for after < min(len(a), len(b))-before && a[len(a)-1-after] == b[len(b)-1-after] {
		after++
	}
	for after > 0 && !utf8.RuneStart(a[len(a)-after]) {
		after--
	}
	return before, after
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

// isWord tells whether a rune is a part of a word or a number. A text that is
// empty gives one that is not.
func isWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}

// hasWord tells whether there is a word in s.
func hasWord(s string) bool {
	for _, r := range s {
		if isWord(r) {
			return true
		}
	}
	return false
}
