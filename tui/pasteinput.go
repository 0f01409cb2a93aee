package tui

import (
	"io"
	"os"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// What a terminal sends before and after a paste.
const (
	pasteBegin = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

// pasteInput is the terminal's input with pastes encoded, so that they arrive
// unchanged. Bubble Tea's parser reads a paste like keys: it drops escape
// sequences, invalid UTF-8 and U+FFFD, and on a slow line an incomplete character
// after 50 ms. So everything but plain letters passes it as a sign and two digits,
// and the resulting message is decoded.
type pasteInput struct {
	*os.File
	from    io.Reader // the file
	inside  bool      // a paste is under way
	matched int       // bytes of the mark, at the beginning or the end, that have come
}

func newPasteInput(f *os.File) *pasteInput { return &pasteInput{File: f, from: f} }

const (
	pasteWritten = "%!" // before each encoded paste
	pasteSign    = '%'
	pasteDigits  = "0123456789abcdef"
	perByte      = 3 // bytes that a byte of a paste takes at most
)

// Read reads as much as fits into b when encoded.
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

// take appends the encoding of one more byte. In a paste, it holds back bytes that
// may belong to its end.
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

// written appends the encoding of a part of a paste.
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

// read decodes the paste of a message; other messages pass unchanged.
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
