package textdiff

import "kvist/internal/merge"

// pairsMax bounds how many pairs of lines of one change are tried to find which
// line became which.
const pairsMax = 400

// marked gives each line its parts: a replaced line and the one in its place
// are compared word by word.
func marked(lines []merge.Line) []Line {
	out := make([]Line, len(lines))
	for i, line := range lines {
		out[i] = Line{Line: line}
		if line.Text != "" {
			out[i].Parts = []merge.Part{{Text: line.Text, Changed: line.Kind != merge.Same}}
		}
	}
	for i := 0; i < len(lines); {
		removed := run(lines[i:], merge.Removed)
		added := run(lines[i+removed:], merge.Added)
		match(out[i:i+removed], out[i+removed:i+removed+added])
		i += max(1, removed+added)
	}
	return out
}

// run returns how many lines of a kind there are at the beginning.
func run(lines []merge.Line, kind merge.Kind) int {
	n := 0
	for n < len(lines) && lines[n].Kind == kind {
		n++
	}
	return n
}

// match marks the words of lines that replaced each other: one by one if their
// numbers are equal, else each line with the next similar one.
func match(removed, added []Line) {
	if len(removed) == len(added) {
		for i := range removed {
			words(&removed[i], &added[i])
		}
		return
	}
	if len(removed)*len(added) > pairsMax {
		return
	}
	next := 0
	for i := range removed {
		for j := next; j < len(added); j++ {
			if alike(removed[i].Text, added[j].Text) {
				words(&removed[i], &added[j])
				next = j + 1
				break
			}
		}
	}
}

// words marks the differences between two lines. Lines of one text that differ
// in their ends alone have no word to mark.
func words(old, now *Line) { old.Parts, now.Parts = merge.Words(old.Text, now.Text) }

// alike reports whether more than half of two lines is the same.
func alike(a, b string) bool {
	parts, _ := merge.Words(a, b)
	same := 0
	for _, p := range parts {
		if !p.Changed {
			same += len(p.Text)
		}
	}
	return 2*same > max(len(a), len(b))
}

// Collapse leaves out unchanged lines, except for Context of them around each
// change.
func Collapse(lines []Line) []Line {
	plain := make([]merge.Line, len(lines))
	for i, line := range lines {
		plain[i] = line.Line
	}
	out := make([]Line, 0, len(lines))
	i := 0
	for _, line := range merge.Collapse(plain, Context) {
		if line.Kind == merge.Hidden {
			out = append(out, Line{Line: line})
			i += line.Count
			continue
		}
		out = append(out, lines[i])
		i++
	}
	return out
}

// Excerpt shortens the unchanged parts of a line to the nearest around bytes of
// each change, so that changes are in sight in a line of any length. An
// ellipsis marks what was left out. Changes are never shortened, and an
// unchanged line is left alone.
func Excerpt(parts []merge.Part, around int) []merge.Part {
	if len(parts) < 2 {
		return parts
	}
	out := make([]merge.Part, len(parts))
	for i, p := range parts {
		out[i] = p
		if p.Changed || len(p.Text) <= 2*around+len(ellipsis) {
			continue
		}
		head, tail := "", ""
		if i > 0 {
			head = p.Text[:runeStart(p.Text, around)]
		}
		if i < len(parts)-1 {
			tail = p.Text[runeStart(p.Text, len(p.Text)-around):]
		}
		out[i].Text = head + ellipsis + tail
	}
	return out
}

const ellipsis = "…"

// runeStart returns the place at or before i at which a rune begins.
func runeStart(s string, i int) int {
	for i > 0 && i < len(s) && s[i]&0xc0 == 0x80 {
		i--
	}
	return i
}
