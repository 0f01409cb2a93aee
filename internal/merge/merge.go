package merge

import (
	"bytes"
	"slices"
	"strings"
)

// Result is the result of a merge.
type Result struct {
	// Text is the merged text, with markers around every conflict.
	Text []byte
	// Conflicts are the places where both sides changed the same lines, or
	// adjacent ones, differently, in order.
	Conflicts []Conflict
	// Clean: there are no conflicts.
	Clean bool
}

// Conflict is a place where mine and theirs contradict each other.
type Conflict struct {
	// Start and End are its place in Result.Text, markers included.
	Start, End int
	// Mine, Base and Theirs are the exact bytes that each has there.
	Mine, Base, Theirs []byte
}

// Merge makes one text of two changed versions of base. A change of one side
// alone is taken from it, the same change of both is taken once; anything else
// is a conflict, shown as
//
//	<<<<<<< mine
//	||||||| base
//	=======
//	>>>>>>> theirs
//
// with each side's lines in between, which is the style that git calls diff3.
// As in git, changes with no unchanged line between them conflict. A clean text
// consists of bytes of the three only. In a conflict, a last line without a
// newline gets one, so that the marker has a line of its own (Conflict keeps it
// as it is). Added lines end as those of mine do, else as those of base, else
// as those of theirs.
func Merge(base, mine, theirs []byte) Result {
	m := merger{base: split(base), eol: lineEnd(mine, base, theirs)}
	m.sides[0].lines, m.sides[1].lines = split(mine), split(theirs)
	for i := range m.sides {
		m.sides[i].hunks = compare(m.base, m.sides[i].lines)
	}
	for m.step() {
	}
	m.result.Clean = len(m.result.Conflicts) == 0
	return m.result
}

// AsOne is Merge where everything from the first to the last line that either side changed is one
// conflict: for changes that contradict each other although their lines do not.
func AsOne(base, mine, theirs []byte) Result {
	m := merger{base: split(base), eol: lineEnd(mine, base, theirs)}
	m.sides[0].lines, m.sides[1].lines = split(mine), split(theirs)
	start, end := len(m.base), 0
	for i := range m.sides {
		s := &m.sides[i]
		if s.hunks = compare(m.base, s.lines); len(s.hunks) > 0 {
			start, end = min(start, s.hunks[0].a1), max(end, s.hunks[len(s.hunks)-1].a2)
		}
	}
	if end < start {
		return Result{Text: base, Clean: true}
	}
	m.write(m.base[:start])
	mineNow := m.sides[0].take(start, end, len(m.sides[0].hunks))
	m.conflict(m.base[start:end], mineNow, m.sides[1].take(start, end, len(m.sides[1].hunks)))
	m.write(m.base[end:])
	return m.result
}

// lineEnd returns the line end of the first line that has one.
func lineEnd(texts ...[]byte) string {
	for _, text := range texts {
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			if bytes.HasSuffix(text[:i], []byte("\r")) {
				return "\r\n"
			}
			return "\n"
		}
	}
	return "\n"
}

// merger goes through the three texts at once.
type merger struct {
	base   []string
	sides  [2]side // mine and theirs
	at     int     // in base: everything before is in the result
	eol    string
	result Result
}

// side is one of the texts made of base.
type side struct {
	lines []string
	hunks []hunk // those still to come
	shift int    // the side is at at + shift
}

// step writes the unchanged lines before the next change, and that change. It
// reports whether there was one.
func (m *merger) step() bool {
	start := len(m.base)
	for _, s := range m.sides {
		if len(s.hunks) > 0 {
			start = min(start, s.hunks[0].a1)
		}
	}
	m.write(m.base[m.at:start])
	m.at = start
	end, taken := m.region(start)
	if taken == [2]int{} {
		return false
	}
	var text [2][]string
	for i := range m.sides {
		text[i] = m.sides[i].take(start, end, taken[i])
	}
	m.settle(m.base[start:end], text[0], text[1], taken)
	m.at = end
	return true
}

// region returns the end of the change that starts there, and how many hunks of
// each side are part of it: all that touch one another.
func (m *merger) region(start int) (end int, taken [2]int) {
	end = start
	for grown := true; grown; {
		grown = false
		for i, s := range m.sides {
			for taken[i] < len(s.hunks) && s.hunks[taken[i]].a1 <= end {
				end = max(end, s.hunks[taken[i]].a2)
				taken[i]++
				grown = true
			}
		}
	}
	return end, taken
}

// take returns the side's version of the lines of base from start to end, which
// its next n hunks change.
func (s *side) take(start, end, n int) []string {
	from := start + s.shift
	for _, h := range s.hunks[:n] {
		s.shift = h.b2 - h.a2
	}
	s.hunks = s.hunks[n:]
	return s.lines[from : end+s.shift]
}

// settle writes the result of a region. taken is how many hunks of each side
// changed it.
func (m *merger) settle(base, mine, theirs []string, taken [2]int) {
	switch {
	case taken[1] == 0 || slices.Equal(mine, theirs):
		m.write(mine)
	case taken[0] == 0:
		m.write(theirs)
	default:
		m.conflict(base, mine, theirs)
	}
}

// conflict writes all three versions, between markers.
func (m *merger) conflict(base, mine, theirs []string) {
	c := Conflict{Start: len(m.result.Text), Mine: join(mine), Base: join(base), Theirs: join(theirs)}
	m.marked(markMine, mine)
	m.marked(markBase, base)
	m.marked(markTheirs, theirs)
	m.write([]string{markEnd + m.eol})
	c.End = len(m.result.Text)
	m.result.Conflicts = append(m.result.Conflicts, c)
}

// marked writes a marker and its lines, and makes sure that the next marker has
// a line of its own.
func (m *merger) marked(marker string, lines []string) {
	m.write([]string{marker + m.eol})
	m.write(lines)
	if n := len(lines); n > 0 && !strings.HasSuffix(lines[n-1], "\n") {
		m.write([]string{m.eol})
	}
}

func (m *merger) write(lines []string) {
	for _, line := range lines {
		m.result.Text = append(m.result.Text, line...)
	}
}

func join(lines []string) []byte { return []byte(strings.Join(lines, "")) }
