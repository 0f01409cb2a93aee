package tui

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/hinshun/vt10x"
)

// resting returns an idleTerminal over a builder, what was written to it, and how
// often idling ended by itself.
func resting(ctx context.Context) (t *idleTerminal, text *strings.Builder, again func() int) {
	text, n := &strings.Builder{}, 0
	t = newIdleTerminal(ctx, nil)
	t.out, t.again = text, func() { n++ }
	return t, text, func() int { synctest.Wait(); return n }
}

// write writes in the background, and reports when that has returned.
func (t *idleTerminal) write(p string) (returned func() bool) {
	done := false
	go func() {
		if n, err := t.Write([]byte(p)); n == len(p) && err == nil { //nolint:gocritic // it is Write that rests
			done = true
		}
	}()
	return func() bool { synctest.Wait(); return done }
}

func TestRestEndsWithTheNextMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term, text, again := resting(t.Context())
		if !term.write("a frame")() {
			t.Fatal("a frame was held back")
		}
		time.Sleep(idleAfter)
		term.see(nil, tea.KeyPressMsg{}) // the last message before the mark: it does not end idling
		term.see(nil, tea.Raw(idleMark)())
		returned := term.write("x" + idleMark + "y")
		if returned() {
			t.Fatal("no rest")
		}
		time.Sleep(idleMax / 2)
		term.see(nil, tea.KeyPressMsg{})
		if !returned() || text.String() != "a framexy" || again() != 0 {
			t.Errorf("returned %v, wrote %q, asked again %d times", returned(), text, again())
		}
	})
}

// A message that overtakes the mark on its way to the terminal ends idling.
func TestMessageBehindTheMarkIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term, _, _ := resting(t.Context())
		term.see(nil, tea.Raw(idleMark)())
		term.see(nil, tea.KeyPressMsg{})
		if !term.write(idleMark)() {
			t.Error("at rest in spite of a message")
		}
	})
}

// Idling ends after a second at most and is then scheduled again, as it is when the
// terminal has only just taken a frame.
func TestRestIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term, _, again := resting(t.Context())
		returned := term.write(idleMark)
		time.Sleep(idleMax)
		if !returned() || again() != 1 {
			t.Errorf("returned %v, asked again %d times", returned(), again())
		}
		term.write("a frame that took its time")()
		if !term.write(idleMark)() || again() != 2 {
			t.Error("at rest right behind a frame")
		}
	})
}

func TestRestEndsWithTheProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		term, _, _ := resting(ctx)
		returned := term.write(idleMark)
		cancel()
		if !returned() {
			t.Error("at rest for ever")
		}
	})
}

// The program idles when no message has come for a while, and only then.
func TestDeckAsksForRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeck(t.Context(), NewModel(t.Context(), newScripted(), Options{}))
		d.idle.on = true
		d.Update(tea.FocusMsg{})
		time.Sleep(idleAfter / 2)
		if _, cmd := d.Update(tea.FocusMsg{}); cmd != nil {
			t.Error("asked twice")
		}
		time.Sleep(idleAfter / 2)
		_, cmd := d.Update(idleDue{})
		if _, ok := cmd().(idleDue); !ok { // half of the time is left
			t.Error("at rest too early")
		}
		_, cmd = d.Update(idleDue{})
		if raw, ok := cmd().(tea.RawMsg); !ok || raw.Msg != idleMark {
			t.Error("no rest")
		}
	})
}

// A terminal that grows while the end of a scrolling for its old size is on its way
// shows the next frame as it is.
func TestAFullFrameFreesTheMargins(t *testing.T) {
	term := newIdleTerminal(t.Context(), nil)
	screen := vt10x.New(vt10x.WithSize(20, 8))
	term.out = screen
	screen.Resize(20, 12)
	rows := "\x1b[H\x1b[2J1" + strings.Repeat("\r\n2", 11)
	for _, text := range [][]byte{[]byte("\x1b[3;6r\n\x1b[1;8r"), []byte(rows)} {
		if n, err := term.Write(text); n != len(text) || err != nil {
			t.Fatal(n, err)
		}
	}
	if got := strings.Fields(screen.String()); len(got) != 12 || got[0] != "1" {
		t.Errorf("the screen is\n%s", screen.String())
	}
}
