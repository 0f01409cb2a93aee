package stories

import (
	"regexp"
	"strings"
	"testing"
)

// listener hears what a program without a screen says, line after line.
type listener struct {
	*terminal

	heard int // bytes of the stream
}

// says waits until the program has said all texts, in this order, since what was
// last waited for.
func (l *listener) says(texts ...string) {
	l.Helper()
	for _, text := range texts {
		l.Until("the line "+text, func() bool {
			at := strings.Index(l.Stream()[l.heard:], text)
			if at >= 0 {
				l.heard += at + len(text)
			}
			return at >= 0
		})
	}
}

// linearly explores the scene's store without a screen.
func (s *scene) linearly(args ...string) *listener {
	s.Helper()
	x := s.home.start(100, 30, append(args, s.address())...)
	return &listener{terminal: x}
}

// drawing is what a program without a screen never sends: another screen, and what
// moves the cursor about or erases.
var drawing = regexp.MustCompile(`\x1b\[\?(1049|25|1002|1006)|\x1b\[[0-9;]*[HJKABCDfdGXm]`)

// With --linear each move says one line, values and dialogs are said as text, a key is
// edited and saved, a plan is refused and a conflict heard, all without a screen.
func TestLinear(t *testing.T) {
	s := onEtcd(t)
	s.put("config/limits", "one\ntwo\n")
	s.put("config/name", "a name")
	s.put("feature", "on")
	l := s.linearly("--linear")
	l.says("Keys in "+s.prefix+"/", s.key("config")+"/, closed, 2 keys, 1 of 2")
	l.Press("l")
	l.says(s.key("config") + "/, open, 2 keys, 1 of 4")
	l.Press("j")
	l.says(s.key("config/limits") + ", 8 B, 2 of 4")
	l.Press("enter")
	l.says("Value "+s.key("config/limits"), "one\r\n", "two\r\n")

	l.Press("e")
	l.says("Edit "+s.key("config/limits"), "ctrl+s save", "1: one")
	l.Press("down")
	l.says("2: two")
	l.Press("end")
	l.says("at the end")
	l.Type("fold")
	l.says("fold")
	l.Press("ctrl+s")
	l.says("saved " + s.key("config/limits"))
	s.stays("config/limits", "one\ntwofold\n")
	l.says("changed " + s.key("config/limits"))

	s.put("feature", "off")
	l.says("changed " + s.key("feature"))

	l.Press("h")
	l.says(s.key("config") + "/, open, 2 keys, 1 of 4")
	l.Press("D")
	l.says("Delete plan", "2 keys", "will be deleted", "  - limits", ", 12 B", "y delete")
	l.Press("esc")
	l.says("Keys", s.key("config")+"/, open, 2 keys, 1 of 4")
	s.stays("config/name", "a name")

	l.Press("G")
	l.says(s.key("feature") + ", 3 B, 4 of 4")
	l.Press("e")
	l.says("1: off")
	l.Type("mine ")
	l.says("mine ")
	s.put("feature", "theirs")
	l.Press("ctrl+s")
	l.says("Conflict", "+ mine off", "+ theirs", "take theirs")
	l.Answer("t")
	l.says("took theirs")
	s.stays("feature", "theirs")

	l.Press(":")
	l.says("Commands", "1 of ")
	l.Type("quit")
	l.says("quit", ", 1 of 1")
	l.Press("enter")
	if code := l.Ends(); code != 0 {
		t.Errorf("the exit code is %d: %s", code, l.Text())
	}
	stream := l.Stream()
	if on, off := strings.LastIndex(stream, "\x1b[?2004h"), strings.LastIndex(stream, "\x1b[?2004l"); on < 0 || off < on {
		t.Errorf("pastes are not given back: %d, %d", on, off)
	}
	if found := drawing.FindString(l.Stream()); found != "" {
		t.Errorf("it draws: %q", found)
	}
}

// The settings say so, too, and nothing hostile reaches the terminal.
func TestLinearBySettings(t *testing.T) {
	s := onEtcd(t)
	s.home.write("config/kvist/config.toml", "restore = false\nlinear = true\n")
	s.put("evil\x1b]0;owned\x07\u202e", "\u202egone\u200b")
	l := s.linearly()
	l.says(`evil\x1b]0;owned\x07\u202e, `)
	l.Press("enter")
	l.says(`\u202egone\u200b`)
	l.Press("q")
	l.Ends()
	for _, bad := range []string{"\x1b]", "\x07", "\u202e", "\u200b"} {
		if strings.Contains(l.Stream(), bad) {
			t.Errorf("the stream holds %q", bad)
		}
	}
	l = s.linearly("--linear=false")
	l.Sees(" evil")
	l.Quit()
	l.givenBack()
}
