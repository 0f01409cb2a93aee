package tui

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"kvist/tui/tree/match"
)

// finding is the first match in a value, made safe to draw.
type finding struct {
	line   int  // from 1; 0 when the value is a hit for what it lacks
	offset int  // in bytes, for a value without lines
	binary bool // the value has no lines
	lines  int  // how many lines match

	before, match, after string // the line, near the match
}

// findIn returns the first match in a value.
func findIn(values *match.InValues, value []byte) (finding, bool) {
	value = match.Whole(value)
	h, ok := values.Find(value)
	if !ok {
		return finding{}, false
	}
	f := excerpt(value, h.From, h.To, h.Binary)
	if f.lines = h.Lines; f.lines == 0 {
		f.line = 0
	}
	return f, true
}

// How many bytes around a match are kept.
const (
	excerptBefore = 80
	excerptMatch  = 200
	excerptAfter  = 300
)

// excerpt returns the line of the match value[from:to], or the bytes around it in a
// binary value.
func excerpt(value []byte, from, to int, binary bool) finding {
	f := finding{binary: binary, offset: from}
	begin, end := 0, len(value)
	if !binary {
		f.line = 1 + bytes.Count(value[:from], []byte{'\n'})
		begin = 1 + bytes.LastIndexByte(value[:from], '\n')
		if i := bytes.IndexByte(value[to:], '\n'); i >= 0 {
			end = to + i
		}
	}
	cut := max(begin, from-excerptBefore)
	before, match, after := value[cut:from], value[from:to], value[to:end]
	if binary {
		f.before, f.match, f.after = string(before), string(firstBytes(match, excerptMatch)), string(firstBytes(after, excerptAfter))
	} else {
		for len(before) > 0 && !utf8.RuneStart(before[0]) {
			before = before[1:]
		}
		if cut == begin {
			before = bytes.TrimLeft(before, " \t")
		}
		f.before, f.match = shownText(before), shownText(firstRunes(match, excerptMatch))
		f.after = shownText(firstRunes(bytes.TrimRight(after, "\r"), excerptAfter))
	}
	f.before, f.match, f.after = clean(f.before), clean(f.match), clean(f.after)
	if cut > begin {
		f.before = "…" + f.before
	}
	return f
}

// firstBytes returns at most n bytes.
func firstBytes(b []byte, n int) []byte { return b[:min(n, len(b))] }

// firstRunes returns at most n bytes of text, cut between runes.
func firstRunes(b []byte, n int) []byte { return match.Whole(firstBytes(b, n)) }

// shownText replaces tabs by blanks: a spelled-out indentation is harder to read.
func shownText(b []byte) string { return strings.ReplaceAll(string(b), "\t", " ") }
