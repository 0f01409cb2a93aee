package textdiff

import (
	"bytes"

	"kvist/internal/format"
	"kvist/internal/merge"
)

// Context is how many unchanged lines are shown around a change.
const Context = 2

// longLine is the length in bytes from which a line that differs is hard to
// compare as text, so that a structured value is laid out.
const longLine = 100

// Line is a line of a difference.
type Line struct {
	merge.Line
	// Parts are the line's text, with the words marked that its counterpart
	// does not have. They are nil for Hidden.
	Parts []merge.Part
}

// Diff is what leads from one state of a value to another.
type Diff struct {
	Lines []Line
	// Laid is the format whose structure the lines show; format.Empty if they
	// show the text.
	Laid format.Format
	// Alike says that the two differ in their text but have the same content in
	// their format: another layout, or another order of the entries.
	Alike bool
	// End says what became of the line end at the end of the text.
	End End
	// Binary says that one of them is not text, and that there are no lines.
	Binary bool
}

// Remarks returns what the lines do not show by themselves.
func (d Diff) Remarks() []string {
	var out []string
	if d.Alike {
		out = append(out, "the same content in another layout or order")
	}
	if d.Laid != format.Empty {
		out = append(out, d.Laid.String()+", compared entry by entry")
	}
	switch d.End {
	case EndAdded:
		out = append(out, "a line end was added at the end")
	case EndRemoved:
		out = append(out, "the line end at the end was removed")
	case EndSame:
	}
	return out
}

// End is what became of the line end at the end of a text.
type End uint8

// The values of End. A text that is empty, or did not exist, has no end that
// could be missed.
const (
	EndSame End = iota
	EndAdded
	EndRemoved
)

// endOf returns what became of the line end at the end.
func endOf(before, after []byte) End {
	if len(before) == 0 || len(after) == 0 {
		return EndSame
	}
	had, has := bytes.HasSuffix(before, []byte("\n")), bytes.HasSuffix(after, []byte("\n"))
	switch {
	case has && !had:
		return EndAdded
	case had && !has:
		return EndRemoved
	default:
		return EndSame
	}
}

// Compare compares two states of the value at key; nil is a value that does not
// exist.
func Compare(key string, before, after []byte) Diff {
	return compare(key, before, [][]byte{after})[0]
}

// CompareData is Compare for two texts of which neither came from the other: if both
// are structured, they are compared entry by entry wherever that finds much less.
func CompareData(key string, a, b []byte) Diff {
	d := Compare(key, a, b)
	if d.Binary || d.Laid != format.Empty || d.Alike || len(a) == 0 || len(b) == 0 {
		return d
	}
	kind, layouts := takeApart(key, [][]byte{a, b})
	if layouts == nil {
		return d
	}
	laid, differ := laidOut(layouts[0], layouts[1])
	if !differ {
		d.Alike = !bytes.Equal(a, b)
		return d
	}
	linesLaid, bytesLaid := changed(laid)
	linesThere, bytesThere := changed(d.Lines)
	if linesLaid < linesThere || linesLaid == linesThere && 3*bytesLaid < 2*bytesThere {
		d.Laid, d.Lines = kind, laid
	}
	return d
}

// changed returns how many lines are not in both texts, and their bytes.
func changed(of []Line) (lines, bytes int) {
	for _, line := range of {
		if line.Kind == merge.Added || line.Kind == merge.Removed {
			lines++
			bytes += len(line.Text)
		}
	}
	return lines, bytes
}

// CompareBoth compares two changed versions with base, both in the same layout.
func CompareBoth(key string, base, mine, theirs []byte) (Diff, Diff) {
	d := compare(key, base, [][]byte{mine, theirs})
	return d[0], d[1]
}

// Alike reports whether two values are unlike texts with the same content in
// their format: in another layout, or with their entries in another order.
func Alike(key string, a, b []byte) bool {
	if bytes.Equal(a, b) {
		return false
	}
	_, layouts := takeApart(key, [][]byte{a, b})
	if layouts == nil {
		return false
	}
	_, differ := laidOut(layouts[0], layouts[1])
	return !differ
}

// compare compares each of the others with base: as texts, unless one of the
// differences has a long line and all are structured.
func compare(key string, base []byte, others [][]byte) []Diff {
	out := make([]Diff, len(others))
	long := false
	for i, other := range others {
		if isBinary(key, base) || isBinary(key, other) {
			out[i].Binary = true
			continue
		}
		lines := merge.Diff(base, other)
		long = long || hasLong(lines)
		out[i].Lines, out[i].End = marked(lines), endOf(base, other)
	}
	if !long {
		return out
	}
	kind, layouts := takeApart(key, append([][]byte{base}, others...))
	if layouts == nil {
		return out
	}
	for i, other := range others {
		if laid, ok := laidOut(layouts[0], layouts[i+1]); ok {
			out[i].Laid, out[i].Lines = kind, laid
			continue
		}
		out[i].Alike = !bytes.Equal(base, other)
	}
	return out
}

// hasLong reports whether a line that differs is hard to compare as text.
func hasLong(lines []merge.Line) bool {
	for _, line := range lines {
		if line.Kind != merge.Same && len(line.Text) > longLine {
			return true
		}
	}
	return false
}

// takeApart takes all texts apart in the format of the first one that has a
// format with structure; an empty text has none of its own.
func takeApart(key string, texts [][]byte) (format.Format, []format.Layout) {
	for _, kind := range []format.Format{format.Detect(key, texts[0]), format.Detect(key, texts[len(texts)-1])} {
		layouts := make([]format.Layout, 0, len(texts))
		for _, text := range texts {
			l, ok := format.TakeApart(kind, text)
			if !ok {
				break
			}
			layouts = append(layouts, l)
		}
		if len(layouts) == len(texts) {
			return kind, layouts
		}
	}
	return format.Empty, nil
}

// laidOut compares two layouts, in the order of the first. It returns false if
// they have the same content.
func laidOut(before, after format.Layout) ([]Line, bool) {
	a, b := before.Lines(), after.Like(before).Lines()
	if bytes.Equal(a, b) {
		return nil, false
	}
	return marked(merge.Diff(a, b)), true
}

// isBinary reports whether a value is not text.
func isBinary(key string, value []byte) bool {
	return len(value) > 0 && format.Detect(key, value) == format.Binary
}
