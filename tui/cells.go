package tui

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"kvist/internal/printable"
)

// clean makes hostile text safe to draw on one line.
func clean(s string) string { return printable.String(s) }

// cleanName is clean for a name or a path of names: it makes blanks at their ends
// visible.
func cleanName(s string) string { return printable.Name(s) }

// Widths are counted as terminals count by default, each character by itself. The
// program makes sure that they are not set to another mode.

// width returns the number of cells that plain text takes.
func width(s string) int {
	if isASCII(s) {
		return len(s)
	}
	return ansi.StringWidthWc(s)
}

// fit cuts or pads plain text to exactly w cells. An ellipsis marks a cut.
func fit(s string, w int) string {
	if w <= 0 {
		return ""
	}
	n := width(s)
	switch {
	case n == w:
		return s
	case n < w:
		return s + blank(w-n)
	case isASCII(s):
		return s[:w-1] + "…"
	}
	s, n = cutCells(s, w-1)
	return s + "…" + blank(w-1-n)
}

// padded is fit in an ink that does not touch the padding, so that blanks are not
// underlined or struck through.
func padded(k ink, s string, w int) string {
	s = fit(s, min(width(s), w))
	return k.Paint(s) + blank(w-width(s))
}

// fitLeft is fit, but keeps the end: the last segments of a path say more than the
// first.
func fitLeft(s string, w int) string {
	n := width(s)
	if n <= w || w <= 0 {
		return fit(s, w)
	}
	if isASCII(s) {
		return "…" + s[n-w+1:]
	}
	return fit("…"+lastCells(s, w-1), w)
}

// lastCells returns as much of the end of plain text as fits into w cells.
func lastCells(s string, w int) string {
	for n := width(s); n > w; {
		first, cells := firstCells(s)
		s, n = s[len(first):], n-cells
	}
	return s
}

// fitMiddle is fit, but keeps both ends: the names of siblings differ at the
// beginning or, like the numbers of a lock's queue, at the end.
func fitMiddle(s string, w int) string {
	n := width(s)
	if n <= w || w < 3 {
		return fit(s, w)
	}
	last := (w - 1) / 2
	if isASCII(s) {
		return s[:w-1-last] + "…" + s[n-last:]
	}
	head, _ := cutCells(s, w-1-last)
	return fit(head+"…"+lastCells(s, last), w)
}

// fitStyled is fit for text that contains our escape sequences.
func fitStyled(s string, w int) string {
	n := ansi.StringWidthWc(s)
	if n <= w {
		return s + blank(w-n)
	}
	if w <= 0 {
		return ""
	}
	s = cutStyled(s, 0, w-1, "…")
	return s + blank(w-ansi.StringWidthWc(s))
}

// cutStyled returns the cells from one to before another of text that contains our
// escape sequences. It keeps all sequences, leaves out a wide character that is cut
// in half, and appends last where it cuts the end.
func cutStyled(s string, from, to int, last string) string {
	var b strings.Builder
	b.Grow(len(s) + len(last))
	for at := 0; s != ""; {
		if n := sequenceLen(s); n > 0 {
			b.WriteString(s[:n])
			s = s[n:]
			continue
		}
		cluster, cells := firstCells(s)
		if last != "" && at+cells > to {
			b.WriteString(last)
			last = ""
		}
		if at >= from && at+cells <= to {
			b.WriteString(cluster)
		}
		at += cells
		s = s[len(cluster):]
	}
	return b.String()
}

// sequenceLen returns the length of the escape sequence that s begins with; 0 for
// none. All of ours are CSI sequences, which end with a letter.
func sequenceLen(s string) int {
	if !strings.HasPrefix(s, "\x1b[") {
		return 0
	}
	for i := 2; i < len(s); i++ {
		if s[i] >= 0x40 {
			return i + 1
		}
	}
	return len(s)
}

// cutCells returns as much of the beginning of plain text as fits into w cells, and
// how many cells that takes. It reads no further: a line may be a megabyte long.
func cutCells(s string, w int) (head string, cells int) {
	n := 0
	for n < len(s) && cells < w && s[n] < 0x80 && (n+1 == len(s) || s[n+1] < 0x80) {
		n++
		cells++
	}
	for n < len(s) {
		cluster, c := firstCells(s[n:])
		if cells+c > w {
			break
		}
		n += len(cluster)
		cells += c
	}
	return s[:n], cells
}

// firstCluster returns the first character of plain text with its marks, and its
// width in cells: the unit in which package textarea counts.
func firstCluster(s string) (cluster string, cells int) {
	return firstCells(s)
}

// firstCells returns the first character of plain text with its combining marks,
// and its width in cells.
func firstCells(s string) (string, int) {
	_, n := utf8.DecodeRuneInString(s)
	cells := ansi.StringWidthWc(s[:n])
	for n < len(s) {
		r, more := utf8.DecodeRuneInString(s[n:])
		if r < ' ' || ansi.StringWidthWc(s[n:n+more]) > 0 {
			break
		}
		n += more
	}
	return s[:n], cells
}

// isASCII reports whether each byte of s takes one cell.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

const blanks = "                                                                                                                                "

// blank returns n spaces.
func blank(n int) string {
	if n <= 0 {
		return ""
	}
	if n <= len(blanks) {
		return blanks[:n]
	}
	return strings.Repeat(" ", n)
}

// wrap breaks plain text at spaces into lines of at most w cells, and no flag behind its
// hyphens.
func wrap(s string, w int) []string {
	if w < 1 {
		w = 1
	}
	const flag, unbroken = "--", "\u2011"
	if !strings.Contains(s, flag) || strings.Contains(s, unbroken) {
		return strings.Split(ansi.WrapWc(s, w, "/"), "\n")
	}
	lines := ansi.WrapWc(strings.ReplaceAll(s, flag, unbroken+unbroken), w, "/")
	return strings.Split(strings.ReplaceAll(lines, unbroken, "-"), "\n")
}
