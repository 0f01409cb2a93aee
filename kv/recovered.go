package kv

import (
	"context"

	"kvist/kv/internal/panics"
)

// recovered runs do and returns its error, or a panic in it as one. A panic in a goroutine that
// nobody recovers ends the whole program, so every goroutine of a backend that looks into an
// answer runs by this.
//
// The kind is ErrBadAnswer: as far as is known, a server has sent what the code did not expect.
func recovered(do func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = withKind(ErrBadAnswer, panics.New(value))
		}
	}()
	return do()
}

// contained is recovered for a function without an error.
func contained(do func()) error {
	return recovered(func() error { do(); return nil })
}

// untilEnded runs a loop that returns when ctx ends, and runs it again after a panic in it.
func untilEnded(ctx context.Context, loop func()) { panics.UntilEnded(ctx, loop) }

// isPanic reports whether an error is a panic that was recovered.
func isPanic(err error) bool { return panics.Is(err) }
