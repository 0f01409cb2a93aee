package tui

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"kvist/internal/printable"
)

// clean makes hostile text safe to draw on one line.
func clean(s string) string { return printable.String(s) }

// cleanName is clean for a name, or a path of names: blanks at their ends show.
func cleanName(s string) string { return printable.Name(s) }

// Widths are counted as terminals do unless they are asked for another way:
// each character by itself. The program sees to it that they are not asked.

// width is the number of cells that plain text takes.
func width(s string) int {
	if isASCII(s) {
		return len(s)
	}
	return ansi.StringWidthWc(s)
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
	s, n = cutCells(s, w-1)
	return s + "…" + blank(w-1-n)
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
	return fit("…"+lastCells(s, w-1), w)
}

// lastCells is as much of the end of plain text as fits into w cells.
func lastCells(s string, w int) string {
	for n := width(s); n > w; {
		first, cells := firstCells(s)
		s, n = s[len(first):], n-cells
	}
	return s
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
	head, _ := cutCells(s, w-1-last)
	return fit(head+"…"+lastCells(s, last), w)
}

// fitStyled is fit for text that holds escape sequences of ours.
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

// cutStyled is what text with escape sequences of ours shows from one cell on
// to before another, with all of the sequences, and last behind the text.
// What of a wide character is cut off is left out.
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

// sequenceLen is how long the sequence is that s begins with; 0 for none. Ours
// all are CSI sequences, which end with a letter.
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

// cutCells is as much of the beginning of plain text as fits into w cells, and
// how many it takes. It reads no further than that: a line may be a megabyte.
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

// firstCluster is the beginning of plain text that is drawn as one, and how
// many cells it takes: what widths are counted by where text is edited.
func firstCluster(s string) (cluster string, cells int) {
	return firstCells(s)
}

// firstCells is the first character of plain text with the marks that stand on
// it, and how many cells that takes.
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

// isASCII reports whether each byte of s is one cell.
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
	return strings.Split(ansi.WrapWc(s, w, "/"), "\n")
}
