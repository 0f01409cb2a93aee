package merge

import "strings"

// Kind is what a Line of a difference is.
type Kind uint8

// The kinds of lines.
const (
	Same    Kind = iota // in both
	Removed             // only in the first text
	Added               // only in the second text
	Hidden              // replaces Count lines that are the same, see Collapse
)

// Line is a line of a difference, for showing.
type Line struct {
	Kind Kind
	// Text is the line without its "\n": hostile bytes like any value's.
	Text string
	// Old and New are its numbers in the two texts, from 1; 0 in the text that
	// does not have it, and in both for Hidden.
	Old, New int
	// Open: it is a text's last line, and no newline ends it.
	Open bool
	// Count is how many lines are Hidden.
	Count int
}

// Diff returns the lines of a and b in one sequence: what leads from a to b.
// The removed lines of a place come before the added ones. It is nil if both
// texts are empty.
func Diff(a, b []byte) []Line {
	old, now := split(a), split(b)
	var out []Line
	x, y := 0, 0
	same := func(until int) {
		for ; x < until; x, y = x+1, y+1 {
			out = append(out, line(Same, old[x], x+1, y+1))
		}
	}
	for _, h := range compare(old, now) {
		same(h.a1)
		for ; x < h.a2; x++ {
			out = append(out, line(Removed, old[x], x+1, 0))
		}
		for ; y < h.b2; y++ {
			out = append(out, line(Added, now[y], 0, y+1))
		}
	}
	same(len(old))
	return out
}

func line(k Kind, text string, x, y int) Line {
	text, closed := strings.CutSuffix(text, "\n")
	return Line{Kind: k, Text: text, Old: x, New: y, Open: !closed}
}

// Collapse leaves unchanged lines out of a difference, except for around of them
// on each side of a change; a Hidden line replaces them. A single line is not
// hidden: that would save nothing.
func Collapse(lines []Line, around int) []Line {
	var out []Line
	for i := 0; i < len(lines); {
		end := i
		for end < len(lines) && lines[end].Kind == Same {
			end++
		}
		if end == i {
			out = append(out, lines[i])
			i++
			continue
		}
		from, to := i+around, end-around
		if i == 0 {
			from = 0
		}
		if end == len(lines) {
			to = end
		}
		if to-from < 2 {
			from, to = end, end
		}
		out = append(out, lines[i:from]...)
		if to > from {
			out = append(out, Line{Kind: Hidden, Count: to - from})
		}
		out = append(out, lines[to:end]...)
		i = end
	}
	return out
}
