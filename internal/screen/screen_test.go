package screen

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// start runs a script of the shell in a terminal, which ends with the test.
func start(t *testing.T, script string, o Options) *Terminal {
	t.Helper()
	term, err := Start(exec.Command("sh", "-c", script), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(term.Kill)
	return term
}

// What a program writes is on the screen, and what is typed reaches it.
func TestScreenAndKeyboard(t *testing.T) {
	term := start(t, `stty -echo; printf 'name? '; read name; printf '\033[2J\033[2;3Hhello %s' "$name"; sleep 600`, Options{Keep: true})
	at, err := term.Await("the question", func() bool { return strings.HasPrefix(term.Line(0), "name? ") })
	if err != nil || at.Before(term.Began) {
		t.Fatal(at, err)
	}
	before := time.Now()
	if at, err = term.AwaitAfter("the answer", func() error { return term.Type("kvist" + Key("enter")) }, func() bool {
		return term.Cells(1, 2, 13) == "hello kvist"
	}); err != nil || at.Before(before) {
		t.Fatal(at, err)
	}
	if text := term.Text(); text != "\n  hello kvist" {
		t.Errorf("the screen is %q", text)
	}
	last, bytes := term.Settled(FrameGap)
	if stream := term.Stream(); int64(len(stream)) != bytes || !strings.HasPrefix(stream, "name? ") || last.Before(before) {
		t.Errorf("%d bytes: %q", bytes, stream)
	}
}

// A rune that comes in two pieces is one character on the screen.
func TestACutRuneIsWhole(t *testing.T) {
	term := start(t, `printf 'a\303'; sleep 0.05; printf '\244b'; sleep 600`, Options{})
	if err := term.Until("the letters", func() bool { return term.Text() == "aäb" }); err != nil {
		t.Error(err, term.Text())
	}
}

// A wait that is in vain says what was on the screen instead.
func TestWaitingInVain(t *testing.T) {
	term := start(t, `echo this; sleep 600`, Options{Patience: 200 * time.Millisecond})
	if err := term.Until("this", func() bool { return term.Text() == "this" }); err != nil {
		t.Fatal(err)
	}
	never := func() bool { return false }
	_, exact := term.Await("that", never)
	for _, err := range []error{exact, term.Until("that", never), term.End()} {
		if unseen := (*UnseenError)(nil); !errors.As(err, &unseen) || unseen.Screen != "this" {
			t.Errorf("the error is %v", err)
		}
	}
}

// Once the program has ended nothing is awaited any more.
func TestTheEndEndsWaits(t *testing.T) {
	term := start(t, `printf last`, Options{})
	if err := term.Until("the last word", func() bool { return term.Text() == "last" }); err != nil {
		t.Error(err)
	}
	if err := term.End(); err != nil {
		t.Error(err)
	}
	if _, err := term.Await("more", func() bool { return term.Line(0) == "more" }); err == nil || !strings.Contains(err.Error(), "ended before") {
		t.Errorf("the error is %v", err)
	}
}

// The program learns of another size, of the window's title nobody else.
func TestSizeAndTitle(t *testing.T) {
	term := start(t, `trap 'stty size' WINCH; printf '\033]0;a title\a\033[?25lready'; while :; do sleep 0.01; done`, Options{Width: 40, Height: 10})
	if err := term.Until("the program", func() bool { return term.Text() == "ready" }); err != nil {
		t.Fatal(err)
	}
	if term.Title() != "a title" || !term.Taken() {
		t.Errorf("the title is %q, taken is %v", term.Title(), term.Taken())
	}
	if err := term.Resize(61, 17); err != nil {
		t.Fatal(err)
	}
	if err := term.Until("the size", func() bool { return strings.Contains(term.Text(), "17 61") }); err != nil {
		t.Error(err)
	}
}

// Close ends a program also if it does not want to, and what it started.
func TestCloseEndsWhatWillNot(t *testing.T) {
	term := start(t, `trap '' TERM; sleep 600 & echo ready; wait; sleep 600`, Options{})
	if err := term.Until("the program", func() bool { return term.Text() == "ready" }); err != nil {
		t.Fatal(err)
	}
	term.Close()
	if term.Cmd.ProcessState.Success() {
		t.Error("it ended in good order")
	}
}

// Output returns all that a program wrote, and an error for its exit code.
func TestOutput(t *testing.T) {
	if out, err := Output(exec.Command("sh", "-c", `printf 'one\ntwo'`)); err != nil || out != "one\r\ntwo" {
		t.Errorf("%q, %v", out, err)
	}
	exit := (*exec.ExitError)(nil)
	if out, err := Output(exec.Command("sh", "-c", `echo no; exit 3`)); !errors.As(err, &exit) || exit.ExitCode() != 3 || out != "no\r\n" {
		t.Errorf("%q, %v", out, err)
	}
}
