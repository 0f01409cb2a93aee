package textarea

import (
	"unicode"
	"unicode/utf8"
)

// historyBytes is how much text undoing remembers at most; the oldest is
// forgotten first.
const historyBytes = 64 << 20

// maxStep is how many bytes keys add to one step at most.
const maxStep = 256

// change is one step that can be undone and done again.
type change struct {
	at            Pos
	out, in       string // what was taken away, and what came in its place
	before, after Pos    // where the cursor was, and went
	kind          stroke
}

// stroke is what kind of key made a change: of one kind, one after the other,
// a word at a time is one step.
type stroke uint8

const (
	single stroke = iota // a step of its own
	typing
	erasingBack
	erasingOn
)

// history is what was changed, and what was undone.
type history struct {
	done, undone []change
	bytes        int  // of text that is remembered
	closed       bool // the next change begins a new step
}

// add remembers a change, as part of the last one where the two are one step.
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

// join makes a change part of the one before it, where they are one step.
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

// endsWord reports whether a text ends in what is no part of a word.
func endsWord(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && !isWord(r)
}

// isWord reports whether a letter is part of a word.
func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)
}

// behind is the place behind a text that begins at p.
func (p Pos) behind(text string) Pos {
	for i := range len(text) {
		p.Col++
		if text[i] == '\n' {
			p = Pos{Line: p.Line + 1}
		}
	}
	return p
}
