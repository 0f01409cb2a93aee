package main

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// The size of the terminals that everything is measured in.
const (
	columns = 200
	lines   = 50
)

const (
	// patience bounds each wait for something to be seen.
	patience = 90 * time.Second
	// frameGap is the silence that ends a frame: a frame is written at once,
	// and read in pieces, much faster than frames follow each other.
	frameGap = 4 * time.Millisecond
	// piecesAhead is how much is read before it is put on the screen.
	piecesAhead = 1024
	// endTimeout is how long a program may take to end when it is told to.
	endTimeout = 5 * time.Second
)

// terminal is a program in a pseudo terminal, and what stands on its screen.
type terminal struct {
	cmd    *exec.Cmd
	pty    *os.File
	screen vt10x.Terminal
	began  time.Time     // just before the program was started
	ended  chan struct{} // closed when the program has ended

	mu   sync.Mutex
	at   time.Time // when the last bytes that are on the screen came
	wait *waiting  // nil when nobody waits

	came struct { // what was read, be it on the screen yet or not
		sync.Mutex
		bytes int64
		last  time.Time
	}
}

// piece is what was read at once.
type piece struct {
	bytes []byte
	at    time.Time
}

// waiting is for something to be seen. It is looked for whenever bytes came,
// before the next ones are read, so that its time is that of the bytes.
type waiting struct {
	ok   func() bool
	seen chan time.Time
}

// startTerminal starts a program in a terminal.
func startTerminal(cmd *exec.Cmd) (*terminal, error) {
	t := &terminal{cmd: cmd, ended: make(chan struct{})}
	t.screen = vt10x.New(vt10x.WithSize(columns, lines), vt10x.WithWriter(answers{t}))
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Ctty = 1 // the standard input may be something else
	t.began = time.Now()
	t.at, t.came.last = t.began, t.began
	t.mu.Lock()
	defer t.mu.Unlock()
	var err error
	if t.pty, err = pty.StartWithSize(cmd, &pty.Winsize{Cols: columns, Rows: lines}); err != nil {
		return nil, err
	}
	go t.listen()
	return t, nil
}

// answers carries to the program what a terminal answers when it is asked.
type answers struct{ t *terminal }

func (a answers) Write(p []byte) (int, error) { return a.t.pty.Write(p) }

// listen reads what the program writes, until it ends. Reading does not wait
// for the screen, so that the time of a piece is when it came.
func (t *terminal) listen() {
	pieces := make(chan piece, piecesAhead)
	drawn := make(chan struct{})
	go func() {
		defer close(drawn)
		t.draw(pieces)
	}()
	buffer := make([]byte, 1<<16)
	for {
		n, err := t.pty.Read(buffer)
		if n > 0 {
			at := time.Now()
			t.came.Lock()
			t.came.bytes += int64(n)
			t.came.last = at
			t.came.Unlock()
			pieces <- piece{bytes.Clone(buffer[:n]), at}
		}
		if err != nil { // on Linux EIO, when nobody has the terminal open any more
			break
		}
	}
	close(pieces)
	<-drawn
	_ = t.cmd.Wait() // how it ended is in ProcessState
	close(t.ended)
}

// draw puts pieces on the screen, and after each looks for what is waited for.
func (t *terminal) draw(pieces <-chan piece) {
	var rest []byte // of a rune that was cut off
	for p := range pieces {
		text := slices.Concat(rest, p.bytes)
		whole := len(text) - cutOff(text)
		t.mu.Lock()
		_, _ = t.screen.Write(text[:whole]) // it has no error for whole runes
		t.at = p.at
		if t.wait != nil && t.wait.ok() {
			t.wait.seen <- p.at
			t.wait = nil
		}
		t.mu.Unlock()
		rest = text[whole:]
	}
}

// cutOff is how many bytes at the end of text are the beginning of a rune.
func cutOff(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if tail := text[len(text)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

// until waits until ok, which may look at the screen and nothing else, and
// tells when the bytes came that made it so.
func (t *terminal) until(what string, ok func() bool) (time.Time, error) {
	return t.after(what, nil, ok)
}

// after is until, for what does not hold before do is done, which may be nil.
// What is seen of a frame of which a part is yet to come does not count: it is
// looked at again when the frame has ended.
func (t *terminal) after(what string, do func() error, ok func() bool) (time.Time, error) {
	t.mu.Lock()
	if do == nil && ok() {
		defer t.mu.Unlock()
		return t.at, nil
	}
	seen := t.expect(ok)
	t.mu.Unlock()
	if do != nil {
		if err := do(); err != nil {
			return time.Time{}, err
		}
	}
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		select {
		case at := <-seen:
			time.Sleep(frameGap)
			t.mu.Lock()
			if ok() {
				t.mu.Unlock()
				return at, nil
			}
			seen = t.expect(ok)
			t.mu.Unlock()
		case <-t.ended:
			return time.Time{}, &unseenError{"the program ended before " + what, t.text()}
		case <-limit.C:
			return time.Time{}, &unseenError{"waited in vain for " + what, t.text()}
		}
	}
}

// expect has the time told at which ok will hold. The mutex is held.
func (t *terminal) expect(ok func() bool) <-chan time.Time {
	seen := make(chan time.Time, 1)
	t.wait = &waiting{ok, seen}
	return seen
}

// unseenError says that something was not to be seen, and what was.
type unseenError struct{ what, screen string }

func (e *unseenError) Error() string { return e.what }

// settled waits for the end of the frame that is being written, and tells
// when its last byte came and how many bytes there were until then.
func (t *terminal) settled(gap time.Duration) (at time.Time, bytes int64) {
	for {
		at, bytes = t.written()
		rest := gap - time.Since(at)
		if rest <= 0 {
			return at, bytes
		}
		time.Sleep(rest)
	}
}

// written tells how many bytes came so far, and when the last did.
func (t *terminal) written() (time.Time, int64) {
	t.came.Lock()
	defer t.came.Unlock()
	return t.came.last, t.came.bytes
}

// cells is a part of a line on the screen; only for until and text.
func (t *terminal) cells(y, from, to int) string {
	var b strings.Builder
	for x := from; x < to; x++ {
		c := t.screen.Cell(x, y).Char
		if c == 0 {
			c = ' '
		}
		b.WriteRune(c)
	}
	return b.String()
}

// line is a line on the screen; only for until and text.
func (t *terminal) line(y int) string { return t.cells(y, 0, columns) }

// text is the whole screen.
func (t *terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]string, lines)
	for y := range all {
		all[y] = strings.TrimRight(t.line(y), " ")
	}
	return strings.Join(all, "\n")
}

// look is what see finds on the screen.
func look[A, B any](t *terminal, see func() (A, B)) (A, B) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return see()
}

// typed types text.
func (t *terminal) typed(text string) error {
	_, err := t.pty.WriteString(text)
	return err
}

// end ends the program.
func (t *terminal) end() {
	_ = t.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-t.ended:
	case <-time.After(endTimeout):
		_ = t.cmd.Process.Kill()
		<-t.ended
	}
	t.pty.Close()
}
