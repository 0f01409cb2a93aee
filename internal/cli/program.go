package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/term"

	"kvist/internal/config"
	"kvist/internal/explain"
	"kvist/internal/printable"
	"kvist/internal/settings"
	"kvist/kv"
)

// Program is what the commands need from around them. Main fills it in.
type Program struct {
	Stdin  *os.File
	Stdout *os.File
	Stderr io.Writer
	Env    config.Environ
	// Explore runs the explorer on the screen until the person leaves it.
	Explore func(ctx context.Context, e Exploration) error
	// Guard has the explorer run in a process of its own; in the one that is
	// left to guard it, done is true and code what to exit with. It may be nil.
	Guard func() (code int, done bool)
	// Embed starts the embedded store.
	Embed func(ctx context.Context) (Embedded, error)
	// Version is what --version prints.
	Version string
}

// Embedded is the store inside this process while it runs.
type Embedded struct {
	Endpoint string // host:port, where etcdctl reaches it too
	Close    func()
}

// The exit codes, which the help tells as well.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitConflict    = 4
	exitUnreachable = 5
	exitDenied      = 6
	exitInterrupted = 130 // as shells say it of SIGINT
)

// exitHelp is the part of the help that scripts need.
const exitHelp = `Exit codes:
  0    done
  1    another failure, such as a value too large, or a store without space
  2    a mistake in the command, an address or the settings; nothing was tried
  3    the key was not found
  4    conflict: the key was modified, exists already, or a plan was not carried out in full
  5    the server cannot be reached, has no leader or no valid certificate, or is not of that kind
  6    denied by the server (also in part), read-only, or not confirmed
  130  interrupted`

// Run runs one command line, without the program's name, and returns the exit
// code. Errors are told on standard error, one paragraph each.
func (p *Program) Run(ctx context.Context, args []string) int {
	root := p.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil || outputClosed(err) {
		return exitOK
	}
	var told *toldError
	if !errors.As(err, &told) {
		fmt.Fprintln(p.Stderr, "kvist: "+explain.Error(err))
	}
	var hinted *hintedError
	if errors.As(err, &hinted) {
		fmt.Fprintln(p.Stderr, "kvist: "+hinted.hint)
	}
	return exitCode(err)
}

// outputClosed reports whether a command ended since the reader of its output
// has had enough. A pipe that is broken on the way to a server is a failure.
func outputClosed(err error) bool {
	var failed *kv.Error
	return errors.Is(err, syscall.EPIPE) && !errors.As(err, &failed)
}

// exitCode is what a script is told about err.
func exitCode(err error) int {
	var usage *config.UsageError
	var setting *settings.Error
	var told *toldError
	switch {
	case errors.As(err, &told):
		return told.code
	case errors.As(err, &usage), errors.As(err, &setting):
		return exitUsage
	case errors.Is(err, kv.ErrDenied), errors.Is(err, kv.ErrReadOnly), errors.Is(err, errNotConfirmed):
		return exitDenied
	case errors.Is(err, kv.ErrKeyModified): // ErrKeyExists is one too
		return exitConflict
	case errors.Is(err, kv.ErrKeyNotFound):
		return exitNotFound
	case errors.Is(err, kv.ErrNotReachable), errors.Is(err, kv.ErrWrongServer), errors.Is(err, kv.ErrBadAnswer), errors.Is(err, context.DeadlineExceeded):
		return exitUnreachable
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitFailure
}

// errNotConfirmed says that a person, or the lack of one, did not agree.
var errNotConfirmed = errors.New("not confirmed; nothing was changed")

// toldError ends the program with a code when all has been said already.
type toldError struct{ code int }

func (e *toldError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// usagef is a mistake of the person at the command line.
func usagef(format string, args ...any) error {
	return &config.UsageError{Text: fmt.Sprintf(format, args...)}
}

// warn tells the person something that does not stop the command.
func (p *Program) warn(text string) { fmt.Fprintln(p.Stderr, "kvist: "+printable.String(text)) }

// isTerminal reports whether a person looks at f.
func isTerminal(f *os.File) bool { return f != nil && term.IsTerminal(int(f.Fd())) }
