package textarea

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"kvist/internal/printable"
)

// Kind is what a piece of a row is.
type Kind uint8

// The kinds.
const (
	Plain  Kind = iota
	Sign        // stands for what cannot be seen: a tab, a blank at the end of a line
	Escape      // what a terminal must not be sent, as Go writes it: \u200b
)

const (
	// TabStop is how far apart tab stops are, in cells.
	TabStop = 4
	// maxUnit is how many bytes one unit has at most: a terminal is not sent
	// a megabyte of accents for one cell.
	maxUnit = 64
	// maxMarks is how many combining marks one letter keeps.
	maxMarks = 8
)

// Measure cuts the first grapheme cluster off a text and counts its cells.
type Measure func(s string) (cluster string, cells int)

// graphemes is the Measure of a terminal that knows grapheme clusters.
func graphemes(s string) (string, int) {
	return ansi.FirstGraphemeCluster(s, ansi.WcWidth)
}

// unit is what the cursor moves over as one, and how it is drawn.
type unit struct {
	size  int    // in bytes
	shown string // "" for a tab, whose width depends on where it stands
	cells int
	kind  Kind
}

// unitAt is the unit that begins at byte i of a line. It looks no further than
// maxUnit bytes.
func (m Measure) unitAt(s string, i int) unit {
	b := s[i]
	switch {
	case b == '\t':
		return unit{size: 1, kind: Sign}
	case b < utf8.RuneSelf && plain(b) && (i+1 == len(s) || s[i+1] < utf8.RuneSelf):
		return unit{size: 1, shown: s[i : i+1], cells: 1}
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	if r == utf8.RuneError && n == 1 {
		return escaped(fmt.Sprintf(`\x%02x`, b), 1)
	}
	if !printable.Rune(r) || unicode.Is(unicode.M, r) {
		return escaped(printable.Escape(r), n)
	}
	return m.cluster(s[i:])
}

// cluster is the unit of a letter with the marks that follow it.
func (m Measure) cluster(s string) unit {
	end := min(len(s), maxUnit)
	for end < len(s) && !utf8.RuneStart(s[end]) {
		end--
	}
	cluster, cells := m(s[:end])
	if cut := showable(cluster); cut < len(cluster) {
		cluster, cells = m(cluster[:cut])
	}
	if cells < 1 {
		r, n := utf8.DecodeRuneInString(s)
		return escaped(printable.Escape(r), n)
	}
	return unit{size: len(cluster), shown: cluster, cells: cells}
}

// showable is how many bytes of a cluster may be drawn as they are.
func showable(cluster string) int {
	marks := 0
	for i := 0; i < len(cluster); {
		r, n := utf8.DecodeRuneInString(cluster[i:])
		if unicode.Is(unicode.M, r) {
			marks++
		}
		if i > 0 && (r == utf8.RuneError && n == 1 || !printable.Rune(r)) || marks > maxMarks {
			return i
		}
		i += n
	}
	return len(cluster)
}

func escaped(shown string, size int) unit {
	return unit{size: size, shown: shown, cells: len(shown), kind: Escape}
}

// plain reports whether a byte is one cell and nothing else.
func plain(b byte) bool { return b >= ' ' && b < 0x7f }

// allPlain reports whether each byte of s is.
func allPlain(s string) bool {
	for i := range len(s) {
		if !plain(s[i]) {
			return false
		}
	}
	return true
}

// width is how many cells a unit takes that begins at a cell of its row.
func (u unit) width(cell int) int {
	if u.shown == "" {
		return TabStop - cell%TabStop
	}
	return u.cells
}
