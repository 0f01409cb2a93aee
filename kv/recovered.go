package kv

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// recovered runs do and returns its error, or a panic in it as one. A panic
// in a goroutine that nobody recovers ends the whole program, with the
// terminal in the state that it was drawn in, so that every goroutine of a
// backend that looks into an answer runs by this.
//
// The kind is ErrBadAnswer: what the code did not expect has come from a
// server, as far as can be known.
func recovered(do func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = kindError{ErrBadAnswer, errPanicked{value, panicPlace()}}
		}
	}()
	return do()
}

// contained is recovered for what returns no error.
func contained(do func()) error {
	return recovered(func() error { do(); return nil })
}

// untilEnded does what goes on until ctx ends, and begins anew after a panic in
// it.
func untilEnded(ctx context.Context, do func()) {
	var b backoff
	for {
		if contained(do) == nil || b.wait(ctx) != nil {
			return
		}
	}
}

// errPanicked is a panic as an error, which a report of the fault should quote.
type errPanicked struct {
	value any
	place string // the file and line that panicked
}

func (e errPanicked) Error() string {
	return fmt.Sprintf("internal error at %s: %v", e.place, e.value)
}

// Unwrap returns what was panicked with, where that is an error.
func (e errPanicked) Unwrap() error {
	err, _ := e.value.(error)
	return err
}

// isPanic reports whether an error is a panic that was recovered.
func isPanic(err error) bool {
	var panicked errPanicked
	return errors.As(err, &panicked)
}

// panicPlace is the line that panicked, for the deferred function that has
// just recovered: the stack still stands above it.
func panicPlace() string {
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
