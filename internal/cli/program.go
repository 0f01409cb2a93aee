package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"kvist/internal/build"
	"kvist/internal/config"
	"kvist/internal/explain"
	"kvist/internal/printable"
	"kvist/internal/settings"
	"kvist/internal/transfer"
	"kvist/kv"
)

// Program is the environment of the commands. Main fills it in.
type Program struct {
	Stdin  *os.File
	Stdout *os.File
	Stderr io.Writer
	Env    config.Environ
	// Explore runs the explorer on the screen until the user leaves it.
	Explore func(ctx context.Context, e Exploration) error
	// Guard runs the explorer in a process of its own. In the process that
	// guards it, done is true and code is the exit code. Guard may be nil.
	Guard func() (code int, done bool)
	// Embed starts the embedded store.
	Embed func(ctx context.Context) (Embedded, error)
	// DemoMask are the prefixes that the embedded store masks.
	DemoMask []string
	// Clipboard says what takes what is copied in the explorer; it may be nil.
	Clipboard func(env func(string) string) string
	// Editor returns the command that edits values, and whether the environment names
	// it; it may be nil.
	Editor func(env func(string) string) (command string, set bool)
	// Build is what --version prints.
	Build build.Info
}

// Embedded is the store inside this process while it runs.
type Embedded struct {
	Endpoint string   // host:port; etcdctl reaches it there too
	Mask     []string // prefixes that are masked as if a profile said so
	Close    func()
}

// The exit codes, which the help also lists.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitConflict    = 4
	exitUnreachable = 5
	exitDenied      = 6
	exitInterrupted = 130 // as shells report SIGINT
)

// exitHelp is the part of the help that scripts need.
const exitHelp = `Exit codes:
  0    done
  1    another failure, such as a value too large, a store without space, or a check of doctor that failed
  2    a mistake in the command, an address or the settings; nothing was tried
  3    the key was not found
  4    conflict: the key was modified, exists already, or a plan was not carried out in full
  5    the server cannot be reached, has no leader or no valid certificate, or is not of that kind
  6    denied by the server (also in part), read-only, or not confirmed
  130  interrupted`

// Commands returns the commands, for what is made from them.
func (p *Program) Commands() *cobra.Command { return p.root() }

// Run runs one command line, without the program's name, and returns the exit
// code. It prints errors to standard error, one paragraph each.
func (p *Program) Run(ctx context.Context, args []string) int {
	root := p.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil || outputClosed(err) {
		return exitOK
	}
	var reported *reportedError
	if !errors.As(err, &reported) {
		for _, one := range eachMistake(err) {
			fmt.Fprintln(p.Stderr, "kvist: "+explain.Error(one))
		}
	}
	var hinted *hintedError
	if errors.As(err, &hinted) {
		fmt.Fprintln(p.Stderr, "kvist: "+hinted.hint)
	}
	return exitCode(err)
}

// eachMistake returns the errors that have a paragraph each: the mistakes in the settings, or what
// failed beside each other.
func eachMistake(err error) []error {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		if _, wrong := errors.AsType[*settings.Error](err); wrong {
			return all.Unwrap()
		}
	}
	return eachJoined(err)
}

// eachJoined returns the errors that errors.Join made into one, each of which is a
// failure of its own: a save of every tab, and a draft that could not be kept.
func eachJoined(err error) []error {
	all, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	parts := all.Unwrap()
	if joined := errors.Join(parts...); joined == nil || joined.Error() != err.Error() {
		return []error{err} // a sentence with several errors in it
	}
	var each []error
	for _, part := range parts {
		each = append(each, eachJoined(part)...)
	}
	return each
}

// outputClosed reports whether a command ended because the reader of its output
// closed it. A pipe that broke on the way to a server is a failure.
func outputClosed(err error) bool {
	var failed *kv.Error
	return errors.Is(err, syscall.EPIPE) && !errors.As(err, &failed)
}

// exitCode returns the exit code for err.
func exitCode(err error) int {
	var usage *config.UsageError
	var setting *settings.Error
	var reported *reportedError
	switch {
	case errors.As(err, &reported):
		return reported.code
	case errors.As(err, &usage), errors.As(err, &setting), errors.Is(err, transfer.ErrMisplaced):
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
	case errors.Is(err, kv.ErrCutOff):
		return exitConflict
	}
	return exitFailure
}

// errNotConfirmed reports that the user did not agree, or could not be asked.
var errNotConfirmed = errors.New("not confirmed; nothing was changed")

// reportedError ends the program with a code after everything was reported.
type reportedError struct{ code int }

func (e *reportedError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// usagef returns an error about a mistake in the command line.
func usagef(format string, args ...any) error {
	return &config.UsageError{Text: fmt.Sprintf(format, args...)}
}

// warn prints a warning that does not stop the command.
func (p *Program) warn(text string) { fmt.Fprintln(p.Stderr, "kvist: "+printable.String(text)) }

// isTerminal reports whether f is a terminal.
func isTerminal(f *os.File) bool { return f != nil && isTerminalFd(f.Fd()) }

// isTerminalFd reports whether an open file is a terminal.
func isTerminalFd(fd uintptr) bool { return term.IsTerminal(int(fd)) }
