package textarea

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"kvist/internal/printable"
)

// Kind is the kind of a span.
type Kind uint8

// The kinds.
const (
	Plain  Kind = iota
	Sign        // stands for something invisible: a tab, a blank at the end of a line
	Escape      // what a terminal must not get, as Go writes it: \u200b
)

const (
	// TabStop is the distance of tab stops in cells.
	TabStop = 4
	// maxUnit limits the bytes of a unit: a terminal does not get a megabyte of
	// accents for one cell.
	maxUnit = 64
	// maxMarks is how many combining marks of a letter are drawn.
	maxMarks = 8
)

// Measure cuts the first grapheme cluster off a text and counts its cells.
type Measure func(s string) (cluster string, cells int)

// graphemes is the Measure of a terminal that supports grapheme clusters.
func graphemes(s string) (string, int) {
	return ansi.FirstGraphemeCluster(s, ansi.WcWidth)
}

// unit is what the cursor moves over as one, and how it is drawn.
type unit struct {
	size  int    // in bytes
	shown string // "" for a tab, whose width depends on its place
	cells int
	kind  Kind
}

// unitAt returns the unit at byte i of a line. It reads at most maxUnit bytes.
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

// cluster returns the unit of a letter with the marks after it.
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

// showable returns how many bytes of a cluster can be drawn as they are.
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

// plain reports whether a byte is one visible cell.
func plain(b byte) bool { return b >= ' ' && b < 0x7f }

// allPlain reports whether each byte of s is plain.
func allPlain(s string) bool {
	for i := range len(s) {
		if !plain(s[i]) {
			return false
		}
	}
	return true
}

// width returns how many cells a unit takes that begins at a cell of its row.
func (u unit) width(cell int) int {
	if u.shown == "" {
		return TabStop - cell%TabStop
	}
	return u.cells
}
