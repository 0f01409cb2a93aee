package match

import (
	"unicode"
	"unicode/utf8"
)

// table is the automaton of Knuth, Morris and Pratt that finds text, by state
// and byte: a state is how many bytes of the text the path ends with, and in
// the last one it stays. With folds, capitals of ASCII do as small letters do.
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

// begins tells of each byte whether a find can begin with it, as far as the
// table goes; what has to be folded is to be looked at as well.
func begins(table []uint8, folds bool) *[256]bool {
	var first [256]bool
	for b := range first {
		first[b] = table[b] != 0 || folds && b >= utf8.RuneSelf
	}
	return &first
}

// stepText is Step for a table. Where nothing has begun, bytes are passed over
// that begin nothing: the table would be waited for at each of them.
func (p *Pattern) stepText(s State, text string) State {
	at := uint(s)
	for i := 0; i < len(text); i++ {
		b := text[i]
		if at == 0 && !p.first[b] {
			continue
		}
		if b >= utf8.RuneSelf && p.folds {
			return p.stepFolded(State(at), text[i:])
		}
		at = uint(p.table[at<<8|uint(b)])
	}
	return State(at)
}

// stepFolded is stepText where letters other than ASCII's are folded, as
// strings.ToLower does it: what is no UTF-8 becomes U+FFFD.
func (p *Pattern) stepFolded(s State, text string) State {
	at := uint(s)
	var buf [utf8.UTFMax]byte
	for _, r := range text {
		for _, b := range utf8.AppendRune(buf[:0], unicode.ToLower(r)) {
			at = uint(p.table[at<<8|uint(b)])
		}
	}
	return State(at)
}
