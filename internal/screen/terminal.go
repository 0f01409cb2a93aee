package screen

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

const (
	// piecesAhead is how many pieces are read before they are drawn.
	piecesAhead = 1024
	// endTimeout is how long a program may take to end when it is asked to.
	endTimeout = 5 * time.Second
	// defaultPatience bounds a wait.
	defaultPatience = 30 * time.Second
)

// Options are what a terminal is like. The zero Options are one of 80x24.
type Options struct {
	Width, Height int
	Patience      time.Duration // bounds each wait; 0: 30 seconds
	Keep          bool          // everything that the program writes, for Stream
}

// Terminal is a program in a pseudo terminal, and what is on its screen.
type Terminal struct {
	Cmd   *exec.Cmd // its ProcessState is there once it has Ended
	Began time.Time // just before the program was started

	opts  Options
	pty   *os.File
	ended chan struct{}

	mu      sync.Mutex // over the screen, and what follows
	screen  vt10x.Terminal
	at      time.Time     // when the last bytes that are on the screen came
	wait    *waiting      // nil when nobody waits
	changed chan struct{} // closed and made anew whenever the screen has changed

	read struct { // be it on the screen yet or not
		sync.Mutex
		bytes int64
		last  time.Time
		all   bytes.Buffer // if it is kept
	}
}

// Start starts a program in a terminal, which Close ends.
func Start(cmd *exec.Cmd, o Options) (*Terminal, error) {
	if o.Width == 0 {
		o.Width, o.Height = 80, 24
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	t := &Terminal{Cmd: cmd, opts: o, ended: make(chan struct{}), changed: make(chan struct{})}
	t.screen = vt10x.New(vt10x.WithSize(o.Width, o.Height), vt10x.WithWriter(answers{t}))
	takeTerminal(cmd)
	t.Began = time.Now()
	t.at, t.read.last = t.Began, t.Began
	t.mu.Lock()
	defer t.mu.Unlock()
	var err error
	if t.pty, err = pty.StartWithSize(cmd, winsize(o.Width, o.Height)); err != nil {
		return nil, err
	}
	go t.listen()
	return t, nil
}

func winsize(w, h int) *pty.Winsize { return &pty.Winsize{Cols: uint16(w), Rows: uint16(h)} }

// answers carries to the program what a terminal answers when it is asked.
type answers struct{ t *Terminal }

func (a answers) Write(p []byte) (int, error) { return a.t.pty.Write(p) }

// piece is what was read at once.
type piece struct {
	bytes []byte
	at    time.Time
}

// listen reads what the program writes, until it ends. Reading does not wait
// for drawing, so that the time of a piece is when it came.
func (t *Terminal) listen() {
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
			t.note(buffer[:n], at)
			pieces <- piece{bytes.Clone(buffer[:n]), at}
		}
		if err != nil { // on Linux EIO, when nobody has the terminal open any more
			break
		}
	}
	close(pieces)
	<-drawn
	_ = t.Cmd.Wait() // how it ended is in ProcessState
	close(t.ended)
}

// note counts what was read, and keeps it if it is to be kept.
func (t *Terminal) note(p []byte, at time.Time) {
	t.read.Lock()
	defer t.read.Unlock()
	t.read.bytes += int64(len(p))
	t.read.last = at
	if t.opts.Keep {
		t.read.all.Write(p)
	}
}

// draw puts pieces on the screen, and after each looks for what is awaited.
func (t *Terminal) draw(pieces <-chan piece) {
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
		close(t.changed)
		t.changed = make(chan struct{})
		t.mu.Unlock()
		rest = text[whole:]
	}
}

// cutOff returns how many bytes at the end of text are the beginning of a rune.
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

// Ended is closed when the program has ended.
func (t *Terminal) Ended() <-chan struct{} { return t.ended }

// Changed is closed at the next change of the screen.
func (t *Terminal) Changed() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changed
}

// Written returns when the last byte came, and how many there were so far.
func (t *Terminal) Written() (time.Time, int64) {
	t.read.Lock()
	defer t.read.Unlock()
	return t.read.last, t.read.bytes
}

// Stream returns every byte that the program has written so far, if it is kept.
func (t *Terminal) Stream() string {
	t.read.Lock()
	defer t.read.Unlock()
	return t.read.all.String()
}

// Cells returns a part of a line of the screen; only for Look and what awaits.
func (t *Terminal) Cells(y, from, to int) string {
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

// Line returns a line of the screen; only for Look and what awaits.
func (t *Terminal) Line(y int) string {
	w, _ := t.screen.Size()
	return t.Cells(y, 0, w)
}

// Text returns the text on the screen, without the blanks at the ends of its
// lines.
func (t *Terminal) Text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text()
}

func (t *Terminal) text() string {
	_, h := t.screen.Size()
	all := make([]string, h)
	for y := range all {
		all[y] = strings.TrimRight(t.Line(y), " ")
	}
	return strings.TrimRight(strings.Join(all, "\n"), "\n")
}

// Title returns the title that the program gave to the window.
func (t *Terminal) Title() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.Title()
}

// Taken reports whether the program has taken the terminal for itself: it has
// the other screen or the mouse, or hides the cursor.
func (t *Terminal) Taken() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.Mode()&(vt10x.ModeAltScreen|vt10x.ModeHide|vt10x.ModeMouseMask|vt10x.ModeMouseSgr) != 0
}

// File is the terminal's end of the line, for its modes.
func (t *Terminal) File() *os.File { return t.pty }

// Type types text.
func (t *Terminal) Type(text string) error {
	_, err := t.pty.WriteString(text)
	return err
}

// Resize gives the terminal another size.
func (t *Terminal) Resize(w, h int) error {
	t.mu.Lock()
	t.screen.Resize(w, h)
	t.mu.Unlock()
	return pty.Setsize(t.pty, winsize(w, h))
}

// Close asks the program to end, and kills it and what it started if it does
// not.
func (t *Terminal) Close() {
	_ = t.Cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-t.ended:
	case <-time.After(endTimeout):
	}
	t.Kill()
}

// Kill kills the program and what it started, if they still run.
func (t *Terminal) Kill() {
	killSession(t.Cmd.Process)
	<-t.ended
	t.pty.Close()
}

// Output runs a program in a terminal to its end and returns what it wrote. The
// error is that of an exit code other than 0.
func Output(cmd *exec.Cmd) (string, error) {
	t, err := Start(cmd, Options{Keep: true})
	if err != nil {
		return "", err
	}
	defer t.Kill()
	if err := t.End(); err != nil {
		return t.Stream(), err
	}
	if !cmd.ProcessState.Success() {
		return t.Stream(), &exec.ExitError{ProcessState: cmd.ProcessState}
	}
	return t.Stream(), nil
}

// End waits until the program has ended.
func (t *Terminal) End() error {
	select {
	case <-t.ended:
		return nil
	case <-time.After(t.opts.Patience):
		return &UnseenError{"waited in vain for the program's end", t.Text()}
	}
}

// UnseenError says what was not to be seen, and what was.
type UnseenError struct{ What, Screen string }

func (e *UnseenError) Error() string { return e.What }
