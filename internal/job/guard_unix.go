//go:build unix

package job

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"kvist/internal/printable"
)

// guardVar says in the program's environment that it runs under a guard: the
// guard's process, and whether there is a shell to stop for.
const guardVar = "KVIST_GUARD"

// The files that a guarded program finds open.
const (
	crashFile = 3 // takes what the runtime reports about a fatal error
	lifeFile  = 4 // ends when the guard does
)

// Guard runs the rest of the program in a process of its own, under this one.
// This one only restores the terminal if the other is killed or dies of a
// failure that no program recovers from: a panic in a library's goroutine, a
// stack or a memory that is used up. For the shell nothing changes: signals are
// passed on, a stop stops both, and the exit code is the program's.
//
// In the guard, done is true and code is its exit code. In the program itself,
// and where no guard could be started, done is false. Guard must be called
// before the terminal is changed, and before threads or files matter: the
// program starts anew.
func (j *Job) Guard() (code int, done bool) {
	if j.adopt() {
		return 0, false
	}
	w, err := startWard()
	if err != nil {
		return 0, false // without a guard then
	}
	j.deaf()
	return w.watch(), true
}

// adopt makes the program a guarded one, if a guard started it.
func (j *Job) adopt() bool {
	guard, alone, _ := strings.Cut(os.Getenv(guardVar), ":")
	_ = os.Unsetenv(guardVar) // another kvist, started from a shell in the editor, has its own
	if pid, err := strconv.Atoi(guard); err != nil || pid != os.Getppid() {
		return false
	}
	j.guarded, j.alone = true, alone == "alone"
	unix.CloseOnExec(crashFile)
	unix.CloseOnExec(lifeFile)
	crash := os.NewFile(crashFile, "crash")
	if debug.SetCrashOutput(crash, debug.CrashOptions{}) == nil {
		crash.Close() // the runtime has a copy
	}
	life := os.NewFile(lifeFile, "life")
	go func() {
		_, _ = io.Copy(io.Discard, life)
		signal.Ignore(unix.SIGTTOU) // the shell has the terminal by now, and it is restored all the same
		j.end(errors.New("the guard was killed"))
	}()
	return true
}

// ward is the program under the guard, as the guard sees it.
type ward struct {
	pid     int
	saved   *term.State // the terminal's modes before
	signals chan os.Signal
	goes    chan os.Signal // SIGCONT
	crash   chan string    // takes the last message of the runtime
	life    *os.File
	halted  atomic.Bool // the program is stopped
	resumed time.Time
}

// startWard starts the program again, under this one.
func startWard() (*ward, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	saved, err := term.GetState(int(os.Stdin.Fd()))
	if err != nil {
		return nil, err
	}
	crash, crashEnd, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	lifeEnd, life, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	w := &ward{saved: saved, signals: make(chan os.Signal, 8), goes: make(chan os.Signal, 1), crash: make(chan string, 1), life: life}
	signal.Notify(w.signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGTSTP, unix.SIGUSR1, unix.SIGUSR2)
	signal.Notify(w.goes, unix.SIGCONT)
	cmd := exec.Command(self)
	cmd.Args, cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Args, os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{crashEnd, lifeEnd} // crashFile and lifeFile
	company := ""
	if orphaned() {
		company = ":alone"
	}
	cmd.Env = append(os.Environ(), guardVar+"="+strconv.Itoa(os.Getpid())+company)
	if err := cmd.Start(); err != nil {
		signal.Stop(w.signals)
		return nil, err
	}
	crashEnd.Close()
	lifeEnd.Close()
	w.pid = cmd.Process.Pid
	go w.hear(crash)
	return w, nil
}

// maxCrash bounds how much is kept of what the runtime reports about a fatal
// error.
const maxCrash = 256 << 10

// hear keeps what the runtime reports about a fatal error.
func (w *ward) hear(crash io.Reader) {
	said, _ := io.ReadAll(io.LimitReader(crash, maxCrash))
	_, _ = io.Copy(io.Discard, crash)
	w.crash <- string(said)
}

// watch is everything that the guard does.
func (w *ward) watch() int {
	stopped, ended := make(chan struct{}), make(chan syscall.WaitStatus)
	go w.wait(stopped, ended)
	for {
		select {
		case s := <-w.signals:
			if s != unix.SIGTSTP || time.Since(w.resumed) > settle {
				_ = unix.Kill(w.pid, s.(syscall.Signal)) //nolint:forcetypeassert // all signals of this system are
			}
		case <-w.goes:
			w.goOn()
		case <-stopped:
			w.stop()
		case status := <-ended:
			return w.finish(status)
		}
	}
}

// wait reports the program's stops and its end.
func (w *ward) wait(stopped chan<- struct{}, ended chan<- syscall.WaitStatus) {
	for {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(w.pid, &status, syscall.WUNTRACED|syscall.WCONTINUED, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err == nil && hasStopped(status):
			w.halted.Store(true)
			stopped <- struct{}{}
		case err == nil && hasGoneOn(status):
			w.halted.Store(false)
		default:
			ended <- status
			return
		}
	}
}

// hasStopped and hasGoneOn read a status as the system's own wait.h does. The
// methods of WaitStatus do not on macOS and the BSDs, where they take a program
// that was stopped by SIGSTOP for one that has gone on.
func hasStopped(status syscall.WaitStatus) bool {
	return status&0xff == stopMark && !hasGoneOn(status)
}

func hasGoneOn(status syscall.WaitStatus) bool {
	const cont = syscall.WaitStatus(unix.SIGCONT)
	return status == 0xffff || // Linux, NetBSD, OpenBSD
		status == cont || // FreeBSD
		status == cont<<8|stopMark // macOS
}

// stopMark is the low byte of the status of a program that was stopped.
const stopMark = 0x7f

// together is how far apart guard and program resume if one signal resumes
// both.
const together = 20 * time.Millisecond

// stop also stops the guard, which is what the shell sees, and resumes both
// when the shell does. It resumes the program at once if no shell watches over
// it, and does nothing if both were stopped together and have gone on since.
func (w *ward) stop() {
	select {
	case <-w.goes:
		w.goOn()
		return
	case <-time.After(together):
	}
	if !w.halted.Load() {
		return
	}
	if !orphaned() {
		_ = unix.Kill(os.Getpid(), unix.SIGSTOP)
		<-w.goes
	}
	w.goOn()
}

// goOn resumes the program.
func (w *ward) goOn() {
	w.resumed = time.Now()
	_ = unix.Kill(w.pid, unix.SIGCONT)
}

// finish restores the terminal if the program did not, and says why.
func (w *ward) finish(status syscall.WaitStatus) int {
	said := <-w.crash
	code := status.ExitStatus()
	switch {
	case status.Signaled():
		code = 128 + int(status.Signal()) // as shells say it
	case said != "":
		code = 1 // the runtime's own 2 would mean a mistake on the command line
	default:
		return code
	}
	now, err := term.GetState(int(os.Stdin.Fd()))
	if err == nil && !reflect.DeepEqual(now, w.saved) {
		giveBack(w.saved)
	}
	fmt.Fprintln(os.Stderr, "kvist: "+lastWords(status, said))
	return code
}

// resets undo everything that the explorer asks of a terminal, in an order in
// which none of it shows.
const resets = "\x1b[?2026l" + // frames are shown as they come
	"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l" + // the mouse and the focus are not reported
	"\x1b[?2004l" + // pastes are not marked
	"\x1b[<u\x1b[>4m" + // keys are reported as usual
	"\x1b[?2027l" + // widths are counted as usual
	"\x1b[0m\x1b[ q\x1b[?25h" + // colours, the cursor's shape, the cursor
	"\x1b]111\x1b\\\x1b]112\x1b\\" + // the background's colour and the cursor's
	"\x1b[?1049l\r" // the screen that was there before

// giveBack restores the terminal.
func giveBack(saved *term.State) {
	signal.Ignore(unix.SIGTTOU)
	_ = term.Restore(int(os.Stdin.Fd()), saved)
	_, _ = os.Stdout.WriteString(resets)
}

// lastWords is the message for a person about a program that could not end by
// itself.
func lastWords(status syscall.WaitStatus, said string) string {
	why := "was ended by a signal (" + status.Signal().String() + ")"
	if said != "" {
		why = "crashed (a bug: " + printable.String(cause(said)) + ")"
	}
	text := why + "; the terminal is restored, and unsaved text is kept as a draft, except for the last half second."
	if said != "" {
		if file := keepTrace(said); file != "" {
			text += " For a bug report: " + file
		}
	}
	return text
}

// cause returns the line of the runtime's report that names the failure. The
// runtime does not hand out the reason of a fatal error, only where it
// happened.
func cause(said string) string {
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "SIG") {
			return line
		}
	}
	return "a fatal error"
}

// keepTrace writes the runtime's report to a file and returns its name.
func keepTrace(said string) string {
	file, err := os.CreateTemp("", "kvist-crash-*.txt") // with mode 0600
	if err != nil {
		return ""
	}
	defer file.Close()
	if _, err := file.WriteString(said); err != nil {
		return ""
	}
	return file.Name()
}
