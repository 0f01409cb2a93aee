package stories

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kvist/internal/screen"
)

// patience bounds each wait for something to be seen; it is only used up when
// a story fails.
const patience = time.Minute

// terminal is a program in a pseudo terminal, for a story: what does not come
// true fails it.
type terminal struct {
	*testing.T
	*screen.Terminal
}

// run starts a program in a terminal of that size. It is killed, with an editor
// that it may have started, when the test is over.
func run(t *testing.T, cmd *exec.Cmd, w, h int) *terminal {
	t.Helper()
	x, err := screen.Start(cmd, screen.Options{Width: w, Height: h, Patience: patience, Keep: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Kill)
	return &terminal{t, x}
}

// Until waits until ok, which is asked again whenever the screen has changed.
func (x *terminal) Until(what string, ok func() bool) {
	x.Helper()
	if err := x.Terminal.Until(what, ok); err != nil {
		x.Fatalf("%v; the screen:\n%s", err, x.Text())
	}
}

// Sees waits until all of these texts are on the screen at once.
func (x *terminal) Sees(texts ...string) {
	x.Helper()
	x.Until(fmt.Sprintf("%q", texts), func() bool {
		text := x.Text()
		return !slices.ContainsFunc(texts, func(want string) bool { return !strings.Contains(text, want) })
	})
}

// Dialog returns the text in the box on the screen, its lines joined, or "".
func (x *terminal) Dialog() string { return dialogIn(x.Text()) }

// dialogIn returns the text in the box on a screen.
func dialogIn(screen string) string {
	var text []string
	left, right := -1, -1
	for line := range strings.SplitSeq(screen, "\n") {
		cells := []rune(line)
		if left < 0 {
			if left, right = slices.Index(cells, '╭'), slices.Index(cells, '╮'); left >= 0 && right > left {
				text = append(text, string(cells[left+1:right]))
			} else {
				left = -1 // a frame that is being drawn
			}
			continue
		}
		if len(cells) <= right || cells[left] == '╰' {
			break
		}
		text = append(text, strings.TrimSpace(string(cells[left+1:right])))
	}
	return strings.Join(text, " ")
}

// Asked waits until a dialog has all of these texts, wherever its lines break.
func (x *terminal) Asked(texts ...string) {
	x.Helper()
	x.Until(fmt.Sprintf("a dialog with %q", texts), func() bool {
		dialog := x.Dialog()
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(dialog, text) })
	})
}

// SeesNot waits until a text is not on the screen.
func (x *terminal) SeesNot(text string) {
	x.Helper()
	x.Until(fmt.Sprintf("%q to go", text), func() bool { return !strings.Contains(x.Text(), text) })
}

// Type types text.
func (x *terminal) Type(text string) {
	x.Helper()
	if err := x.Terminal.Type(text); err != nil {
		x.Fatal(err)
	}
}

// Press presses keys, as the keymap names them. A lone esc must be followed
// by a wait for what it does: with the next key it would be alt and that key.
func (x *terminal) Press(names ...string) {
	x.Helper()
	for _, name := range names {
		x.Type(screen.Key(name))
	}
}

// reading is how long a person looks at a question before answering it. The
// program takes no answer to what has hardly been on the screen, and no key
// right behind a save.
const reading = 800 * time.Millisecond

// tooEarly is what the program says of an answer to what it has hardly shown.
const tooEarly = "key ignored: this has just appeared"

// Answer presses keys as a person does who has read what is on the screen, and who
// presses again what came too early for a program on a busy machine.
func (x *terminal) Answer(names ...string) {
	x.Helper()
	for range 5 {
		time.Sleep(reading)
		x.Press(names...)
		if !x.wasTooEarly() {
			return
		}
	}
}

// wasTooEarly waits a moment for the program to say that a key came too early.
func (x *terminal) wasTooEarly() bool {
	for end := time.Now().Add(reading / 4); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if strings.Contains(x.Text(), tooEarly) {
			return true
		}
	}
	return false
}

// Click clicks a cell, counted from 0.
func (x *terminal) Click(column, row int) {
	x.Helper()
	x.Type(screen.Click(column, row))
}

// WheelDown turns the wheel over a cell by one notch.
func (x *terminal) WheelDown(column, row int) {
	x.Helper()
	x.Type(screen.WheelDown(column, row))
}

// Resize gives the terminal another size.
func (x *terminal) Resize(w, h int) {
	x.Helper()
	if err := x.Terminal.Resize(w, h); err != nil {
		x.Fatal(err)
	}
}

// Signal sends the program a signal.
func (x *terminal) Signal(s syscall.Signal) {
	x.Helper()
	if err := x.Cmd.Process.Signal(s); err != nil {
		x.Fatal(err)
	}
}

// Quit leaves the program, which has to succeed.
func (x *terminal) Quit() {
	x.Helper()
	x.Answer("q")
	if code := x.Ends(); code != 0 {
		x.Errorf("the exit code is %d; the screen:\n%s", code, x.Text())
	}
}

// Ends waits until the program has ended, and returns its exit code.
func (x *terminal) Ends() int {
	x.Helper()
	if err := x.End(); err != nil {
		x.Fatalf("%v; the screen:\n%s", err, x.Text())
	}
	return x.Cmd.ProcessState.ExitCode()
}
