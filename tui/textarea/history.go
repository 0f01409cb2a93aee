package textarea

import (
	"unicode"
	"unicode/utf8"
)

// historyBytes limits the text that undoing remembers. The oldest is forgotten
// first.
const historyBytes = 64 << 20

// maxStep limits how many bytes of typing are one step.
const maxStep = 256

// change is a step that can be undone and repeated.
type change struct {
	at            Pos
	out, in       string // the text that was removed, and what replaced it
	before, after Pos    // where the cursor was, and where it went
	kind          stroke
}

// stroke is the kind of key that made a change. Changes of one kind in a row are
// joined to steps of a word.
type stroke uint8

const (
	single stroke = iota // a step by itself
	typing
	erasingBack
	erasingOn
)

// history is the steps that can be undone, and those that can be repeated.
type history struct {
	done, undone []change
	bytes        int  // of remembered text
	closed       bool // the next change starts a new step
}

// add adds a change, or joins it to the last one.
func (h *history) add(c change) {
	for _, u := range h.undone {
		h.bytes -= len(u.in) + len(u.out)
	}
	h.undone = nil
	if n := len(h.done); n > 0 && !h.closed && h.done[n-1].join(c) {
		h.bytes += len(c.in) + len(c.out)
		return
	}
	h.closed = false
	h.bytes += len(c.in) + len(c.out)
	h.done = append(h.done, c)
	for h.bytes > historyBytes && len(h.done) > 1 {
		h.bytes -= len(h.done[0].in) + len(h.done[0].out)
		h.done = h.done[1:]
	}
}

// join joins a change to the one before, if both are one step.
func (c *change) join(next change) bool {
	if c.kind != next.kind || c.after != next.before || len(c.in)+len(c.out) > maxStep {
		return false
	}
	switch c.kind {
	case typing:
		if next.out != "" || next.at != c.at.behind(c.in) || endsWord(c.in) && !endsWord(next.in) {
			return false
		}
		c.in += next.in
	case erasingBack:
		if c.at.Line != next.at.Line || c.at != next.at.behind(next.out) {
			return false
		}
		c.out, c.at = next.out+c.out, next.at
	case erasingOn:
		if c.at != next.at {
			return false
		}
		c.out += next.out
	default:
		return false
	}
	c.after = next.after
	return true
}

// endsWord reports whether a text ends with a character that belongs to no word.
func endsWord(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && !isWord(r)
}

// isWord reports whether a character belongs to a word.
func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)
}

// behind returns the place after a text that begins at p.
func (p Pos) behind(text string) Pos {
	for i := range len(text) {
		p.Col++
		if text[i] == '\n' {
			p = Pos{Line: p.Line + 1}
		}
	}
	return p
}
