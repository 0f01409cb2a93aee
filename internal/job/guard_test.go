//go:build unix

package job

import (
	"context"
	"io"
	"os"
	"os/exec"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// wardVar turns the test binary into a guarded program that takes the terminal
// and then does what the variable says.
const wardVar = "KVIST_TEST_WARD"

func TestMain(m *testing.M) {
	if fault := os.Getenv(wardVar); fault != "" {
		os.Exit(beWard(fault))
	}
	os.Exit(m.Run())
}

// taken are terminal modes that the explorer sets.
const taken = "\x1b[?1049h\x1b[?25l\x1b[?1002h\x1b[?2004h"

// beWard is the guarded program.
func beWard(fault string) int {
	ctx, j, stop := Begin(context.Background())
	defer stop()
	if code, done := j.Guard(); done {
		return code
	}
	if fault == "has a guard" {
		os.Stdout.WriteString("guarded " + strconv.FormatBool(j.guarded) + os.Getenv(guardVar) + "\n")
		return 7
	}
	saved, err := term.MakeRaw(int(os.Stdin.Fd()))
	if err != nil {
		return 9
	}
	os.Stdout.WriteString(taken + "ward " + strconv.Itoa(os.Getpid()) + "\n")
	switch fault {
	case "stack overflow":
		debug.SetMaxStack(1 << 20)
		return overflow(1)
	case "panic":
		go func() { panic("in a goroutine\x1b[31m") }()
	case "segmentation fault":
		_ = unix.Kill(os.Getpid(), unix.SIGSEGV)
	}
	<-ctx.Done()
	_ = term.Restore(int(os.Stdin.Fd()), saved)
	os.Stdout.WriteString(resets + "ended in good order")
	return 0
}

func overflow(n int) int {
	if n == 0 {
		return 0
	}
	return overflow(n+1) + 1
}

// wardRun is the guarded program in a terminal.
type wardRun struct {
	cmd           *exec.Cmd
	terminal, tty *os.File
	begun         string      // its output until it had the terminal
	modes         *term.State // the terminal's modes before
}

func runWard(t *testing.T, fault string) *wardRun {
	t.Helper()
	terminal, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	modes, err := term.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), wardVar+"="+fault, "TMPDIR="+t.TempDir())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hung := time.AfterFunc(patience, func() { _ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL) })
	t.Cleanup(func() {
		hung.Stop()
		terminal.Close()
		tty.Close()
	})
	begun := ""
	buffer := make([]byte, 4096)
	for !strings.Contains(begun, "\n") {
		n, err := terminal.Read(buffer)
		begun += string(buffer[:n])
		if err != nil {
			t.Fatalf("%v: %q", err, begun)
		}
	}
	return &wardRun{cmd, terminal, tty, begun, modes}
}

// rest returns the output until the program has ended, its exit code, and
// whether the terminal's modes are then as before.
func (w *wardRun) rest() (said string, code int, restored bool) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = w.cmd.Wait()
		state, err := term.GetState(int(w.tty.Fd())) // before the last holder of the terminal closes and so resets it
		restored = err == nil && reflect.DeepEqual(state, w.modes)
		w.tty.Close()
	}()
	all, _ := io.ReadAll(w.terminal) // on Linux it ends with an error when nobody has the terminal open
	<-ended
	return string(all), w.cmd.ProcessState.ExitCode(), restored
}

// However the program ends, the terminal is restored, one sentence says why,
// and the exit code is not 0.
func TestTheTerminalIsGivenBack(t *testing.T) {
	for fault, c := range map[string]struct {
		kill unix.Signal // sent to the program itself; 0 is none
		code int
		says string
	}{
		"killed":             {unix.SIGKILL, 128 + 9, "kvist: was ended by a signal (killed)"},
		"segmentation fault": {0, 1, "SIGSEGV"},
		"stack overflow":     {0, 1, "kvist: crashed (a bug: a fatal error)"},
		"panic":              {0, 1, "kvist: crashed (a bug: panic: in a goroutine"},
	} {
		t.Run(fault, func(t *testing.T) {
			w := runWard(t, fault)
			if c.kill != 0 {
				_, text, _ := strings.Cut(strings.TrimSpace(w.begun), "ward ")
				pid, err := strconv.Atoi(text)
				if err != nil {
					t.Fatal(err)
				}
				if err := unix.Kill(pid, c.kill); err != nil {
					t.Fatal(err)
				}
			}
			said, code, restored := w.rest()
			said = w.begun + said
			if !restored {
				t.Error("the terminal's modes are not what they were")
			}
			for _, mode := range []string{"?1049", "?1002", "?2004"} {
				if strings.LastIndex(said, "\x1b["+mode+"l") <= strings.LastIndex(said, "\x1b["+mode+"h") {
					t.Errorf("%s is not undone: %q", mode, said)
				}
			}
			if strings.LastIndex(said, "\x1b[?25h") < 0 {
				t.Errorf("the cursor is left hidden")
			}
			behind := said[strings.LastIndex(said, "\x1b[?1049l"):]
			if code != c.code || !strings.Contains(behind, c.says) || strings.Count(behind, "\n") != 1 {
				t.Errorf("exit code %d; it says %q", code, behind)
			}
		})
	}
}

// A signal to end is passed on, and the program ends in its own way.
func TestSignalsArePassedOn(t *testing.T) {
	w := runWard(t, "waits")
	if err := w.cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	said, code, _ := w.rest()
	if code != 0 || !strings.HasSuffix(said, "ended in good order") {
		t.Errorf("exit code %d: %q", code, said)
	}
}

// The program does not outlive its guard, and then restores the terminal
// itself.
func TestTheGuardIsKilled(t *testing.T) {
	w := runWard(t, "waits")
	if err := w.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if said, _, _ := w.rest(); !strings.HasSuffix(said, "ended in good order") {
		t.Errorf("it says %q", said)
	}
}

// The exit code is the program's, and programs that it starts have guards of
// their own.
func TestTheExitCodeIsPassedOn(t *testing.T) {
	w := runWard(t, "has a guard")
	if _, code, _ := w.rest(); code != 7 || !strings.HasPrefix(w.begun, "guarded true\r\n") {
		t.Errorf("exit code %d: %q", code, w.begun)
	}
}
