package tui

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
)

// linearly returns an explorer without a screen, and what ends it and returns what it
// has said.
func linearly(t *testing.T) (*linear, *Model, func() string) {
	t.Helper()
	var out bytes.Buffer
	s := newSpeaker(&out, false)
	m := still(t, "", linearWidth, linearHeight)
	m.opts.Linear = true
	l := newLinear(newDeck(t.Context(), m), s)
	l.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	return l, m, func() string {
		s.close()
		return out.String()
	}
}

// tell passes keys to an explorer without a screen.
func tell(l *linear, keys ...string) {
	for _, key := range keys {
		l.Update(keyPress(key))
	}
}

// A move says its row, once, and nothing is said again that has not changed.
func TestAMoveIsOneLine(t *testing.T) {
	l, _, ends := linearly(t)
	tell(l, "j", "k", "k", "l")
	l.Update(ticked{})
	_, said, _ := strings.Cut(ends(), "\r\n") // the store
	if want := "Keys in app/\r\napp/config/, closed, 3 keys, 1 of 5\r\n4 changes, the last: changed app/jobs/1\r\n" +
		"app/feature, 4 B, 2 of 5\r\napp/config/, closed, 3 keys, 1 of 5\r\napp/config/, open, 3 keys, 1 of 7\r\n"; said != want {
		t.Errorf("it says %q, want %q", said, want)
	}
}

// Rules are not said, and of one with a heading, only that is.
func TestRulesAreNotSaid(t *testing.T) {
	for line, want := range map[string]string{
		"╌╌╌╌": "", "─────": "", "╌╌ locked below ╌╌╌╌": "locked below:", " a value ╌╌": " a value ╌╌", "\x1b[1m  text\x1b[m  ": "  text", "- gone": "- gone",
	} {
		if got := lineText(line); got != want {
			t.Errorf("%q is said as %q, want %q", line, got, want)
		}
	}
}

// However much changes, it is said at most every livePause, and the count is right.
func TestLiveChangesAreSaidAtABoundedRate(t *testing.T) {
	l, m, ends := linearly(t)
	at := noon
	m.now = func() time.Time { return at }
	for i := range 300 {
		at = at.Add(10 * time.Millisecond) // 3 s in all
		l.Update(pulled(m, kv.Batch{State: kv.Live, Events: []kv.Event{{Key: "app/feature", Index: uint64(1000 + i), Size: 4}}}))
		for m.feed.intake != nil {
			l.Update(m.feed.intake)
		}
	}
	at = at.Add(livePause)
	l.Update(linearDue{})
	said := ends()
	if n := strings.Count(said, "changed app/feature\r\n"); n < 2 || n > 4 {
		t.Errorf("%d lines are about changes: %q", n, said)
	}
	sum := 0
	for line := range strings.SplitSeq(said, "\r\n") {
		n := 0
		if _, err := fmt.Sscanf(line, "%d changes, the last", &n); err != nil && line == "changed app/feature" {
			n = 1
		}
		sum += n
	}
	if total, _, _ := m.log.Total(); sum != total {
		t.Errorf("%d of %d changes are counted: %q", sum, total, said)
	}
}

// Typed text is echoed in its line; its effect is said when typing rests.
func TestTypingIsEchoed(t *testing.T) {
	l, m, ends := linearly(t)
	at := noon
	m.now = func() time.Time { return at }
	tell(l, ":", "q", "u", "x", "backspace")
	if _, ok := m.top().(*palette); !ok {
		t.Fatalf("the top is %T", m.top())
	}
	at = at.Add(typingPause)
	l.Update(linearDue{})
	tell(l, "esc")
	said := ends()
	if !strings.Contains(said, "\r\n> qux\b \b\r\nquit, quit, q, 1 of ") || !strings.HasSuffix(said, "1 of 5\r\n") {
		t.Errorf("it says %q", said)
	}
}

// A dialog is said with its question and its keys, and takes its answer once there was
// time to hear it.
func TestADialogIsSaid(t *testing.T) {
	l, m, ends := linearly(t)
	commonScenes()["plan"](m)
	l.Update(ticked{})
	d := m.top().(*planDialog)
	tell(l, "y")
	if d.running {
		t.Error("it was answered at once")
	}
	later := m.now().Add(2 * readFor)
	m.now = func() time.Time { return later }
	tell(l, "y")
	if !d.running {
		t.Error("it takes no answer")
	}
	said := ends()
	for _, text := range []string{"Delete plan", "delete everything under app/config/", "12 keys", "y delete", "esc cancel", "key ignored"} {
		if !strings.Contains(said, text) {
			t.Errorf("%q is not said in %q", text, said)
		}
	}
	if strings.ContainsAny(said, "╭│\x1b") {
		t.Errorf("it is drawn: %q", said)
	}
}

// A conflict is said one side after the other, not as two columns.
func TestAConflictIsSaidOneSideAfterTheOther(t *testing.T) {
	l, m, ends := linearly(t)
	commonScenes()["conflict"](m)
	l.Update(ticked{})
	said := ends()
	at := 0
	for _, text := range []string{"Conflict\r\n", "your change\r\n", "150", "their change\r\n", "false"} {
		i := strings.Index(said[at:], text)
		if i < 0 {
			t.Fatalf("%q is not said next in %q", text, said)
		}
		at += i + len(text)
	}
}

// Of what Bubble Tea writes, only what sets keys and pastes reaches the terminal.
func TestNothingIsDrawnOnALinearTerminal(t *testing.T) {
	var out bytes.Buffer
	w := modesOnly{&out}
	for _, text := range []string{"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[2Jtext\x1b[1;1H", "\x1b[>4;2m\x1b[>5u\x1b[31mred\x1b[m", "\x1b[<1u\x1b[?2004l\x1b[", "\x1b]11;?\a", "\x1b]52;c;eA==\a"} {
		if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("%q: %d, %v", text, n, err)
		}
	}
	if got := out.String(); got != "\x1b[?2004h\x1b[>4;2m\x1b[>5u\x1b[<1u\x1b[?2004l\x1b]52;c;eA==\a" {
		t.Errorf("it gets %q", got)
	}
}
