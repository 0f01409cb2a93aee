package stories

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// patience bounds each wait for something to be seen; it is only used up when
// a story fails.
const patience = 15 * time.Second

// terminal is a program in a pseudo terminal, and what stands on its screen.
type terminal struct {
	*testing.T
	cmd    *exec.Cmd
	pty    *os.File
	screen vt10x.Terminal
	began  time.Time

	mu     sync.Mutex
	stream bytes.Buffer  // every byte the program wrote
	news   chan struct{} // closed and made anew whenever more was written
	ended  chan struct{} // closed when the program has ended
}

// run starts a program in a terminal of that size. It is killed when the test
// is over and it still runs.
func run(t *testing.T, cmd *exec.Cmd, w, h int) *terminal {
	t.Helper()
	x := &terminal{T: t, cmd: cmd, began: time.Now(), news: make(chan struct{}), ended: make(chan struct{})}
	var err error
	if x.pty, err = pty.StartWithSize(cmd, winsize(w, h)); err != nil {
		t.Fatal(err)
	}
	x.screen = vt10x.New(vt10x.WithSize(w, h), vt10x.WithWriter(x.pty)) // which answers what terminals are asked
	go x.listen()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // with an editor it may have started; most have ended by then
		<-x.ended
		x.pty.Close()
	})
	return x
}

func winsize(w, h int) *pty.Winsize { return &pty.Winsize{Cols: uint16(w), Rows: uint16(h)} }

// listen puts on the screen what the program writes, until it ends.
func (x *terminal) listen() {
	in := bufio.NewReaderSize(io.TeeReader(x.pty, recorder{x}), 1<<16)
	for {
		err := x.screen.Parse(in)
		x.tell()
		if err != nil { // on Linux EIO, when nobody has the terminal open any more
			break
		}
	}
	_ = x.cmd.Wait() // how it ended is in ProcessState
	close(x.ended)
}

// recorder keeps what is written.
type recorder struct{ x *terminal }

func (r recorder) Write(p []byte) (int, error) {
	r.x.mu.Lock()
	defer r.x.mu.Unlock()
	return r.x.stream.Write(p)
}

// tell wakes those who wait for news.
func (x *terminal) tell() {
	x.mu.Lock()
	defer x.mu.Unlock()
	close(x.news)
	x.news = make(chan struct{})
}

// next is closed at the next news.
func (x *terminal) next() <-chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.news
}

// Stream is every byte the program has written so far.
func (x *terminal) Stream() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.stream.String()
}

// Screen is the text on the screen, without the space at the lines' ends.
func (x *terminal) Screen() string {
	lines := strings.Split(x.screen.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// Until waits until ok, which is asked again whenever the screen has changed.
func (x *terminal) Until(what string, ok func() bool) {
	x.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		news := x.next()
		if ok() {
			return
		}
		select {
		case <-news:
		case <-x.ended:
			if !ok() {
				x.Fatalf("the program ended before %s; the screen:\n%s", what, x.Screen())
			}
			return
		case <-limit.C:
			x.Fatalf("waited in vain for %s; the screen:\n%s", what, x.Screen())
		}
	}
}

// Sees waits until all of these texts are on the screen at once.
func (x *terminal) Sees(texts ...string) {
	x.Helper()
	x.Until(fmt.Sprintf("%q", texts), func() bool {
		screen := x.Screen()
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(screen, text) })
	})
}

// Dialog is the text in the box on the screen, its lines joined; "" when
// there is none.
func (x *terminal) Dialog() string {
	var text []string
	left, right := -1, -1
	for line := range strings.SplitSeq(x.Screen(), "\n") {
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

// Asked waits until a dialog says all of these texts, wherever its lines
// break.
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
	x.Until(fmt.Sprintf("%q to go", text), func() bool { return !strings.Contains(x.Screen(), text) })
}

// Type types text.
func (x *terminal) Type(text string) {
	x.Helper()
	if _, err := x.pty.WriteString(text); err != nil {
		x.Fatal(err)
	}
}

// Press presses keys, as the keymap names them. A lone esc must be followed
// by a wait for what it does: with the next key it would be alt and that key.
func (x *terminal) Press(names ...string) {
	x.Helper()
	for _, name := range names {
		x.Type(keyBytes(name))
	}
}

// reading is how long a person looks at what is asked before answering it. The
// program takes no answer to what has hardly been on the screen, and no key
// right behind a save.
const reading = 800 * time.Millisecond

// Answer presses keys as a person does who has read what is on the screen.
func (x *terminal) Answer(names ...string) {
	x.Helper()
	time.Sleep(reading)
	x.Press(names...)
}

// keyBytes is what a terminal sends for a key.
func keyBytes(name string) string {
	special := map[string]string{
		"enter": "\r", "esc": "\x1b", "tab": "\t", "backspace": "\x7f", "space": " ",
		"up": "\x1b[A", "down": "\x1b[B", "end": "\x1b[F", "home": "\x1b[H",
	}
	if bytes, ok := special[name]; ok {
		return bytes
	}
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return string(letter[0] & 0x1f)
	}
	return name
}

// Click clicks a cell, counted from 0.
func (x *terminal) Click(column, row int) {
	x.Helper()
	x.Type(fmt.Sprintf("\x1b[<0;%d;%dM\x1b[<0;%d;%dm", column+1, row+1, column+1, row+1))
}

// WheelDown turns the wheel over a cell by one notch.
func (x *terminal) WheelDown(column, row int) {
	x.Helper()
	x.Type(fmt.Sprintf("\x1b[<65;%d;%dM", column+1, row+1))
}

// Resize gives the terminal another size.
func (x *terminal) Resize(w, h int) {
	x.Helper()
	x.screen.Resize(w, h)
	if err := pty.Setsize(x.pty, winsize(w, h)); err != nil {
		x.Fatal(err)
	}
}

// Signal sends the program a signal.
func (x *terminal) Signal(s syscall.Signal) {
	x.Helper()
	if err := x.cmd.Process.Signal(s); err != nil {
		x.Fatal(err)
	}
}

// Quit leaves the program and fails when that is no success.
func (x *terminal) Quit() {
	x.Helper()
	x.Answer("q")
	if code := x.Ends(); code != 0 {
		x.Errorf("the exit code is %d; the program said %s", code, x.Screen())
	}
}

// Ends waits until the program has ended, and gives its exit code.
func (x *terminal) Ends() int {
	x.Helper()
	select {
	case <-x.ended:
	case <-time.After(patience):
		x.Fatalf("the program did not end; the screen:\n%s", x.Screen())
	}
	return x.cmd.ProcessState.ExitCode()
}
