package panics

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"kvist/kv/internal/wait"
)

// Recovered runs do and returns its error, or a panic in it as one.
func Recovered(do func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = New(value)
		}
	}()
	return do()
}

// Contained is Recovered for a function without an error.
func Contained(do func()) error {
	return Recovered(func() error { do(); return nil })
}

// UntilEnded runs a loop that returns when ctx ends, and runs it again after a panic in it.
func UntilEnded(ctx context.Context, loop func()) {
	var pause wait.Backoff
	for {
		if Contained(loop) == nil || pause.Wait(ctx) != nil {
			return
		}
	}
}

// Is reports whether an error is a panic that was recovered.
func Is(err error) bool {
	var p panicked
	return errors.As(err, &p)
}

// New returns the error for a value that recover returned. The deferred function that called
// recover must call it, since the stack that panicked still stands above that.
func New(value any) error { return panicked{value, place()} }

// panicked is a panic as an error. A report of the fault should quote its text.
type panicked struct {
	value any
	place string // the file and line that panicked
}

func (p panicked) Error() string { return fmt.Sprintf("internal error at %s: %v", p.place, p.value) }

// Unwrap returns the value of the panic, if it is an error.
func (p panicked) Unwrap() error {
	err, _ := p.value.(error)
	return err
}

// place returns the file and line that panicked.
func place() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for panicking := false; ; {
		frame, more := frames.Next()
		switch {
		case frame.Function == "runtime.gopanic":
			panicking = true
		case panicking && !strings.HasPrefix(frame.Function, "runtime."):
			return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}
