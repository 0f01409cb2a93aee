package textarea

import "strings"

// End is how a line ends.
type End uint8

// The ends of lines. A CR without LF is no end: it stands in its line, and is
// shown there.
const (
	NoEnd End = iota // of the last line only; the others are as many bytes
	LF
	CRLF
)

// String is the end's bytes.
func (e End) String() string {
	switch e {
	case LF:
		return "\n"
	case CRLF:
		return "\r\n"
	default:
		return ""
	}
}

// line is one line of a text. Its string is a part of what was loaded or
// pasted until the line is edited, so that loading copies nothing.
type line struct {
	text string
	lay  *layout // where its rows begin; kept for long lines only
	end  End
}

// size is how many bytes the line has with its end.
func (l *line) size() int { return len(l.text) + int(l.end) }

// lineOf is a line in the one way it is kept: a CR before a LF is its end's.
func lineOf(text string, end End) line {
	if end == LF && strings.HasSuffix(text, "\r") {
		return line{text: text[:len(text)-1], end: CRLF}
	}
	return line{text: text, end: end}
}

// split cuts a text into lines. The last one has no end, and may be empty.
func split(text string) []line {
	all := make([]line, 0, strings.Count(text, "\n")+1)
	for {
		i := strings.IndexByte(text, '\n')
		if i < 0 {
			return append(all, line{text: text})
		}
		all = append(all, lineOf(text[:i], LF))
		text = text[i+1:]
	}
}

// lines is a list with a gap where it was last changed: typing in the middle
// of a hundred thousand lines moves none of them.
type lines struct {
	buf      []line
	gap, end int // buf[gap:end] is free
}

func linesOf(all []line) lines { return lines{all, len(all), len(all)} }

func (l *lines) count() int { return len(l.buf) - (l.end - l.gap) }

// at is the line of that number, which is valid until the next change.
func (l *lines) at(i int) *line {
	if i >= l.gap {
		i += l.end - l.gap
	}
	return &l.buf[i]
}

// replace puts lines in the place of n others from the i-th on.
func (l *lines) replace(i, n int, with []line) {
	l.moveGap(i)
	clear(l.buf[l.end : l.end+n]) // nothing of what is gone is kept alive
	l.end += n
	if free := l.end - l.gap; free < len(with) {
		l.grow(len(with) - free)
	}
	l.gap += copy(l.buf[l.gap:], with)
}

// moveGap makes the gap begin at the i-th line.
func (l *lines) moveGap(i int) {
	switch {
	case i < l.gap:
		n := l.gap - i
		copy(l.buf[l.end-n:l.end], l.buf[i:l.gap])
		l.gap, l.end = i, l.end-n
	case i > l.gap:
		n := i - l.gap
		copy(l.buf[l.gap:], l.buf[l.end:l.end+n])
		l.gap, l.end = i, l.end+n
	}
}

// grow makes the gap larger, by at least so much.
func (l *lines) grow(least int) {
	more := max(least, len(l.buf)/4, 16)
	buf := make([]line, len(l.buf)+more)
	copy(buf, l.buf[:l.gap])
	copy(buf[l.end+more:], l.buf[l.end:])
	l.buf, l.end = buf, l.end+more
}
