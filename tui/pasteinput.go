package tui

import (
	"io"
	"os"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// What begins and ends a paste in what a terminal sends.
const (
	pasteBegin = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

// pasteInput is the terminal's input, in which pastes are written so that they
// come through whole. Bubble Tea's parser reads a paste as if it were keys: it
// drops sequences that begin with ESC, bytes that are no UTF-8 and U+FFFD, and
// on a slow line whatever it has half of when 50 ms have passed. So all but
// plain letters goes through it as two digits behind a sign, and the message
// that comes out is read back.
type pasteInput struct {
	*os.File
	from    io.Reader // the file
	inside  bool      // a paste is under way
	matched int       // bytes of the mark that begins a paste, or ends it
}

func newPasteInput(f *os.File) *pasteInput { return &pasteInput{File: f, from: f} }

const (
	pasteWritten = "%!" // begins each paste that is written so
	pasteSign    = '%'
	pasteDigits  = "0123456789abcdef"
	perByte      = 3 // bytes that one byte of a paste takes at most
)

// Read reads as much as fits into b once it is written so.
func (p *pasteInput) Read(b []byte) (int, error) {
	room := len(b)/perByte - len(pasteEnd)
	if room < 1 {
		return 0, io.ErrShortBuffer
	}
	raw := make([]byte, room)
	n, err := p.from.Read(raw)
	out := b[:0]
	for _, c := range raw[:n] {
		out = p.take(out, c)
	}
	return len(out), err
}

// take appends what is to be read for one more byte. Within a paste the bytes
// of what may be its end are held back until it is known whether they are.
func (p *pasteInput) take(out []byte, c byte) []byte {
	mark := pasteBegin
	if p.inside {
		mark = pasteEnd
	}
	if c != mark[p.matched] {
		if p.inside {
			out = written(out, mark[:p.matched])
		}
		if p.matched = 0; c != mark[0] { // no other byte of a mark is its first
			if p.inside {
				return written(out, string([]byte{c}))
			}
			return append(out, c)
		}
	}
	p.matched++
	if !p.inside {
		out = append(out, c)
	}
	if p.matched < len(mark) {
		return out
	}
	if p.matched = 0; p.inside {
		out = append(out, mark...)
	} else {
		out = append(out, pasteWritten...)
	}
	p.inside = !p.inside
	return out
}

// written appends bytes of a paste as they go through the parser.
func written(out []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || c == pasteSign {
			out = append(out, pasteSign, pasteDigits[c>>4], pasteDigits[c&15])
		} else {
			out = append(out, c)
		}
	}
	return out
}

// read is a message with a paste as the terminal sent it; others are left as
// they are.
func (p *pasteInput) read(msg tea.Msg) tea.Msg {
	paste, _ := msg.(tea.PasteMsg)
	text, ok := strings.CutPrefix(paste.Content, pasteWritten)
	if !ok {
		return msg
	}
	out := make([]byte, 0, len(text))
	for text != "" {
		c := text[0]
		if c == pasteSign && len(text) >= perByte {
			c = byte(strings.IndexByte(pasteDigits, text[1])<<4 | strings.IndexByte(pasteDigits, text[2]))
			text = text[perByte-1:]
		}
		out = append(out, c)
		text = text[1:]
	}
	return tea.PasteMsg{Content: string(out)}
}
