package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"kvist/internal/printable"
)

// clean makes hostile text safe to draw on one line.
func clean(s string) string { return printable.String(s) }

// width is the number of cells that plain text takes.
func width(s string) int {
	if isASCII(s) {
		return len(s)
	}
	return ansi.StringWidth(s)
}

// fit is plain text cut or padded to exactly w cells. What is cut is marked
// with an ellipsis.
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
	s = ansi.Truncate(s, w, "…")
	return s + blank(w-width(s))
}

// padded is fit in an ink that leaves the padding alone: nothing is struck or
// underlined where there is no text.
func padded(k ink, s string, w int) string {
	s = fit(s, min(width(s), w))
	return k.Paint(s) + blank(w-width(s))
}

// fitLeft is fit, but keeps the end: the last segments of a path tell more
// than the first.
func fitLeft(s string, w int) string {
	n := width(s)
	if n <= w || w <= 0 {
		return fit(s, w)
	}
	if isASCII(s) {
		return "…" + s[n-w+1:]
	}
	s = ansi.TruncateLeft(s, n-w+1, "…")
	return fit(s, w)
}

// fitMiddle is fit, but keeps both ends: what names among siblings differ in
// is at the beginning or, like the number that a lock's queue gives, at the end.
func fitMiddle(s string, w int) string {
	n := width(s)
	if n <= w || w < 3 {
		return fit(s, w)
	}
	last := (w - 1) / 2
	if isASCII(s) {
		return s[:w-1-last] + "…" + s[n-last:]
	}
	end := ansi.TruncateLeft(s, n-last, "")
	if width(end) > last { // it begins within a wide rune
		end = ansi.TruncateLeft(s, n-last+1, "")
	}
	return fit(ansi.Truncate(s, w-1-last, "")+"…"+end, w)
}

// fitStyled is fit for text that holds escape sequences of ours.
func fitStyled(s string, w int) string {
	n := ansi.StringWidth(s)
	if n > w {
		s = ansi.Truncate(s, w, "…")
		n = ansi.StringWidth(s)
	}
	return s + blank(w-n)
}

// cutCells is as much of the beginning of plain text as fits into w cells, and
// how many it takes. It reads no further than that: a line may be a megabyte.
func cutCells(s string, w int) (head string, cells int) {
	n := 0
	for n < len(s) && cells < w && s[n] < 0x80 && (n+1 == len(s) || s[n+1] < 0x80) {
		n++
		cells++
	}
	for n < len(s) {
		cluster, c := ansi.FirstGraphemeCluster(s[n:], ansi.GraphemeWidth)
		if cells+c > w {
			break
		}
		n += len(cluster)
		cells += c
	}
	return s[:n], cells
}

// firstCluster is the beginning of plain text that is drawn as one, and how
// many cells it takes: what widths are counted by where text is edited.
func firstCluster(s string) (cluster string, cells int) {
	return ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
}

// isASCII tells whether each byte of s is one cell.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

const blanks = "                                                                                                                                "

// blank is n spaces.
func blank(n int) string {
	if n <= 0 {
		return ""
	}
	if n <= len(blanks) {
		return blanks[:n]
	}
	return strings.Repeat(" ", n)
}

// wrap breaks plain text at spaces into lines of at most w cells.
func wrap(s string, w int) []string {
	if w < 1 {
		w = 1
	}
	return strings.Split(ansi.Wrap(s, w, "/"), "\n")
}

// window is where a list of n lines begins to be shown in h lines, so that
// line at is seen, moving as little as possible from top.
func window(top, at, n, h int) int {
	if at < top {
		top = at
	}
	if at >= top+h {
		top = at - h + 1
	}
	return max(0, min(top, n-h))
}
