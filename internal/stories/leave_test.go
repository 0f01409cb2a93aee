package stories

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"kvist/kv/kvtest"
)

// givenBack fails unless the terminal is as before: on its first screen, with a
// cursor, and without reports of the mouse.
func (x *terminal) givenBack() {
	x.Helper()
	if x.Taken() {
		x.Error("the terminal was left on its other screen, without a cursor, or with reports of the mouse")
	}
	stream := x.Stream()
	const hidden = "\x1b[?25l" // the cursor, which need not be, as it stands on a row
	for _, pair := range [][2]string{
		{"\x1b[?1049h", "\x1b[?1049l"}, {hidden, "\x1b[?25h"}, {"\x1b[?2004h", "\x1b[?2004l"}, {"\x1b[?1002h", "\x1b[?1002l"},
	} {
		if on, off := strings.LastIndex(stream, pair[0]), strings.LastIndex(stream, pair[1]); off < on || on < 0 && pair[0] != hidden {
			x.Errorf("%q at %d is not undone by %q at %d", pair[0], on, pair[1], off)
		}
	}
}

func TestTheTerminalIsGivenBack(t *testing.T) {
	for name, leave := range map[string]func(x *terminal){
		"q":       func(x *terminal) { x.Press("q") },
		"ctrl+c":  func(x *terminal) { x.Press("ctrl+c") },
		"SIGTERM": func(x *terminal) { x.Signal(syscall.SIGTERM) },
		"SIGHUP":  func(x *terminal) { x.Signal(syscall.SIGHUP) },
	} {
		t.Run(name, func(t *testing.T) {
			s := onEtcd(t)
			x := s.with("a")
			if !strings.Contains(x.Stream(), "\x1b[?1049h") {
				t.Fatal("the program took no screen of its own")
			}
			leave(x)
			if code := x.Ends(); code != 0 {
				t.Errorf("the exit code is %d; the program said %s", code, x.Text())
			}
			x.givenBack()
			if screen := x.Text(); screen != "" {
				t.Errorf("left on the screen: %s", screen)
			}
		})
	}
}

// Typed text outlives the program, however it ends, and is offered again.
func TestDraftIsOfferedAgain(t *testing.T) {
	for name, end := range map[string]func(s *scene, x *terminal){
		"q in the tree": func(s *scene, x *terminal) {
			x.Press("esc") // a reflex; it does not leave unsaved text
			x.Sees("not saved yet", "precious value of a")
			x.Press("esc")
			x.Sees("not saved; the draft of " + s.key("a") + " is kept")
			x.Press("q")
		},
		"SIGTERM": func(_ *scene, x *terminal) { x.Signal(syscall.SIGTERM) },
		"SIGHUP":  func(_ *scene, x *terminal) { x.Signal(syscall.SIGHUP) },
		"SIGKILL": func(s *scene, x *terminal) {
			s.eventually("a draft of all of it on the disk", func() bool {
				kept := s.home.drafts(s.address())
				return len(kept) == 1 && string(kept[0].Mine) == "precious value of a"
			})
			x.Signal(syscall.SIGKILL)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := onEtcd(t)
			x := s.with("a")
			x.Sees("value of a")
			x.Press("e")
			x.Sees(" editing ")
			x.Type("precious ")
			x.Sees("precious value of a")
			end(s, x)
			x.Ends()
			x = s.open()
			x.Sees("1 unsaved draft: :drafts", "*")
			x.Type(":drafts\r")
			x.Asked("1 unsaved draft", s.key("a"), "enter resume")
			x.Answer("enter")
			x.Sees("precious value of a", "modified (based on")
			x.Press("ctrl+s")
			x.Sees("saved " + s.key("a"))
			s.stays("a", "precious value of a")
			x.Quit()
			if kept := s.home.drafts(s.address()); len(kept) > 0 {
				t.Errorf("drafts are left after saving: %+v", kept)
			}
		})
	}
}

// started is how long the first tree of the embedded store may take; the goal
// is less than a second. On a machine that runs other tests beside it, the best
// of a few starts counts: a program that is slow by itself is slow each time.
const (
	started = 3 * time.Second
	starts  = 4
)

// Without an address the embedded store is opened, and shown at once.
func TestDemoIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.command() // built before the clock runs
	for took, n := time.Hour, 0; took > kvtest.Allow(started); n++ {
		if n == starts {
			t.Fatalf("the first tree was seen after %v, and no earlier in %d starts", took, starts)
		}
		x := h.start(100, 30)
		x.Sees("services/", "● live")
		took = time.Since(x.Began)
		t.Logf("the first tree was seen after %v", took.Round(time.Millisecond))
		x.Sees("the embedded etcd listens at unix:///")
		x.Quit()
		x.givenBack()
	}
}
