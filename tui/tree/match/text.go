package match

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// table returns the automaton of Knuth, Morris and Pratt that finds text: the next
// state by state and byte. A state is how many bytes of the text the path ends
// with; the last one is final. With folds, ASCII capitals count as small letters.
func table(text string, folds bool) []uint8 {
	next := make([]uint8, (len(text)+1)<<8)
	back := 0 // the state that all but the first byte of what was read lead to
	for s := range len(text) {
		row := next[s<<8 : (s+1)<<8]
		copy(row, next[back<<8:(back+1)<<8])
		if s > 0 {
			back = int(row[text[s]])
		}
		row[text[s]] = uint8(s + 1)
	}
	for b := range 256 {
		next[len(text)<<8|b] = uint8(len(text))
	}
	for s := 0; folds && s < len(text); s++ {
		copy(next[s<<8|'A':s<<8|'Z'+1], next[s<<8|'a':])
	}
	return next
}

// begins reports for each byte whether a match can begin with it. With all, it may for
// every byte that is not ASCII.
func begins(table []uint8, all bool) *[256]bool {
	var first [256]bool
	for b := range first {
		first[b] = table[b] != 0 || all && b >= utf8.RuneSelf
	}
	return &first
}

// stepText is Step for a table. Outside a match it skips the bytes that begin none,
// which is faster than a look into the table for each of them.
func (p *Pattern) stepText(s State, text string) State {
	at := uint(s)
	for i := 0; i < len(text); i++ {
		b := text[i]
		if at == 0 && !p.first[b] {
			continue
		}
		switch {
		case b < utf8.RuneSelf:
		case p.composes: // with the character before it, which may be a part of the same letter
			return p.stepBeyond(s, norm.NFC.String(text))
		case p.folds:
			return p.stepBeyond(State(at), text[i:])
		}
		at = uint(p.table[at<<8|uint(b)])
	}
	return State(at)
}

// stepBeyond is stepText with letters beyond ASCII, which are folded as strings.ToLower
// does it: invalid UTF-8 becomes U+FFFD.
func (p *Pattern) stepBeyond(s State, text string) State {
	at := uint(s)
	if !p.folds {
		for i := range len(text) {
			at = uint(p.table[at<<8|uint(text[i])])
		}
		return State(at)
	}
	var buf [utf8.UTFMax]byte
	for _, r := range text {
		for _, b := range utf8.AppendRune(buf[:0], unicode.ToLower(r)) {
			at = uint(p.table[at<<8|uint(b)])
		}
	}
	return State(at)
}
