package tui

import (
	"bytes"
	"io"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"
)

// speaker writes lines to a terminal in raw mode, beside the update loop and in
// their order.
type speaker struct {
	ascii  bool // the terminal shows ASCII only
	mu     sync.Mutex
	text   bytes.Buffer
	inLine bool // the last line has not ended
	ended  bool
	wake   chan struct{}
	done   chan struct{}
}

func newSpeaker(out io.Writer, ascii bool) *speaker {
	s := &speaker{ascii: ascii, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go s.run(out)
	return s
}

// run writes what there is until the speaker is closed.
func (s *speaker) run(out io.Writer) {
	defer close(s.done)
	for range s.wake {
		s.mu.Lock()
		text, ended := bytes.Clone(s.text.Bytes()), s.ended
		s.text.Reset()
		s.mu.Unlock()
		if _, err := out.Write(text); err != nil || ended {
			return
		}
	}
}

// say adds a line. Nothing in it can act on the terminal.
func (s *speaker) say(line string) { s.add(plain(line), true) }

// echo adds what was typed to the line that is being typed.
func (s *speaker) echo(text string) { s.add(text, false) }

func (s *speaker) add(text string, line bool) {
	if s.ascii {
		text = plainLines.Replace(text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if line && s.inLine {
		s.text.WriteString("\r\n")
	}
	s.text.WriteString(text)
	if line {
		s.text.WriteString("\r\n")
	}
	s.inLine = !line
	s.wakeUp()
}

// endLine ends the line that is being typed.
func (s *speaker) endLine() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inLine {
		s.text.WriteString("\r\n")
		s.inLine = false
	}
}

// typing reports whether a line is being typed.
func (s *speaker) typing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inLine
}

func (s *speaker) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// close writes what is left, and ends.
func (s *speaker) close() {
	s.mu.Lock()
	if s.inLine && !s.ended {
		s.text.WriteString("\r\n")
	}
	s.ended = true
	s.wakeUp()
	s.mu.Unlock()
	<-s.done
}

// plain returns a drawn text without its looks, and without anything that a terminal
// could take for a command.
func plain(line string) string {
	line = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, ansi.Strip(line))
	return strings.TrimRight(line, " ")
}

// modesOnly passes on what sets how the terminal sends keys and pastes, and drops all
// that draws.
type modesOnly struct{ io.Writer }

// Write implements io.Writer.
func (w modesOnly) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("\x1b]52;")) { // to the clipboard
		return w.Writer.Write(p)
	}
	var kept []byte
	for at := bytes.Index(p, []byte("\x1b[")); at >= 0; {
		end := at + 2
		for end < len(p) && (p[end] < '@' || p[end] > '~') {
			end++
		}
		if end == len(p) {
			break
		}
		if s := p[at : end+1]; setsInput(string(s)) {
			kept = append(kept, s...)
		}
		next := bytes.Index(p[end:], []byte("\x1b["))
		if next < 0 {
			break
		}
		at = end + next
	}
	if len(kept) > 0 {
		if _, err := w.Writer.Write(kept); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// setsInput reports whether a sequence is about keys or pastes.
func setsInput(s string) bool {
	return s == ansi.SetModeBracketedPaste || s == ansi.ResetModeBracketedPaste ||
		strings.HasSuffix(s, "u") || strings.HasPrefix(s, "\x1b[>4") && strings.HasSuffix(s, "m")
}
