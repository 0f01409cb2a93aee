package textarea

import "strings"

// End is how a line ends.
type End uint8

// The line ends. A CR without LF is not a line end: it belongs to its line and is
// shown there.
const (
	NoEnd End = iota // of the last line only; the values of the others are their lengths
	LF
	CRLF
)

// String returns the bytes of the line end.
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

// line is a line of a text. Until it is edited, its string is a part of the text
// that was loaded or pasted, so that loading copies nothing.
type line struct {
	text string
	lay  *layout // where its rows begin; kept for long lines only
	end  End
}

// size returns the length of the line with its end.
func (l *line) size() int { return len(l.text) + int(l.end) }

// lineOf returns a line in its only form: a CR before the LF belongs to the end.
func lineOf(text string, end End) line {
	if end == LF && strings.HasSuffix(text, "\r") {
		return line{text: text[:len(text)-1], end: CRLF}
	}
	return line{text: text, end: end}
}

// split cuts a text into lines. The last one has no end and may be empty.
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

// lines is a list with a gap where it was changed last: typing in the middle of a
// hundred thousand lines moves none of them.
type lines struct {
	buf      []line
	gap, end int // buf[gap:end] is free
}

func linesOf(all []line) lines { return lines{all, len(all), len(all)} }

func (l *lines) count() int { return len(l.buf) - (l.end - l.gap) }

// at returns a line, which is valid until the next change.
func (l *lines) at(i int) *line {
	if i >= l.gap {
		i += l.end - l.gap
	}
	return &l.buf[i]
}

// replace replaces n lines from the i-th on.
func (l *lines) replace(i, n int, with []line) {
	l.moveGap(i)
	clear(l.buf[l.end : l.end+n]) // so that their texts are not kept alive
	l.end += n
	if free := l.end - l.gap; free < len(with) {
		l.grow(len(with) - free)
	}
	l.gap += copy(l.buf[l.gap:], with)
}

// moveGap moves the gap to the i-th line.
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

// grow makes the gap larger by at least so much.
func (l *lines) grow(least int) {
	more := max(least, len(l.buf)/4, 16)
	buf := make([]line, len(l.buf)+more)
	copy(buf, l.buf[:l.gap])
	copy(buf[l.end+more:], l.buf[l.end:])
	l.buf, l.end = buf, l.end+more
}
