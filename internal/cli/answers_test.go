package cli

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
)

// answerWithin bounds the wait for a question, and for the end after it.
const answerWithin = 30 * time.Second

// environment is the key of a script's environment among its values.
type environment struct{}

// answers runs a program whose standard input is a terminal, types an answer
// once the program has asked, and checks the exit code:
//
//	answers QUESTION ANSWER CODE PROGRAM [ARGUMENT…]
func answers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: answers QUESTION ANSWER CODE PROGRAM [ARGUMENT…]")
	}
	want, err := strconv.Atoi(args[2])
	ts.Check(err)
	keyboard, terminal, err := pty.Open()
	ts.Check(err)
	defer keyboard.Close()
	defer terminal.Close()
	cmd := exec.Command(filepath.Join(ts.Getenv("WORK"), ".bin", args[3]), args[4:]...)
	cmd.Dir, cmd.Stdin = ts.Getenv("WORK"), terminal
	cmd.Env, _ = ts.Value(environment{}).([]string)
	said := &listener{question: args[0], heard: func() { _, _ = keyboard.WriteString(args[1] + "\n") }}
	cmd.Stdout, cmd.Stderr = ts.Stdout(), io.MultiWriter(ts.Stderr(), said)
	ts.Check(cmd.Start())
	late := time.AfterFunc(answerWithin, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		ts.Check(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d, want %d; it said %s", got, want, said)
	}
}

// listener calls heard once, when the text it waits for was written.
type listener struct {
	question string
	heard    func()

	mu   sync.Mutex
	text bytes.Buffer
	once sync.Once
}

func (l *listener) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	if strings.Contains(l.text.String(), l.question) {
		l.once.Do(l.heard)
	}
	return len(p), nil
}

func (l *listener) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
