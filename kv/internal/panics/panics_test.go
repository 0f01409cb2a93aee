package panics

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
)

// A panic comes as an error that names the line and holds what was panicked with.
func TestAPanicIsAnError(t *testing.T) {
	var none []int
	err := Recovered(func() error { return errors.New(string(rune(none[3]))) })
	var cause runtime.Error
	if !Is(err) || !errors.As(err, &cause) {
		t.Errorf("%v is no panic", err)
	}
	if !strings.Contains(err.Error(), "panics_test.go:15") || !strings.Contains(err.Error(), "out of range [3]") {
		t.Errorf("%v does not say what happened where", err)
	}
	gone := errors.New("gone")
	if err := Recovered(func() error { return gone }); !errors.Is(err, gone) || Is(err) {
		t.Errorf("another error came as %v", err)
	}
	if err := Contained(func() {}); err != nil {
		t.Error(err)
	}
}

// A loop that panics runs again, after a pause, until its context ends.
func TestALoopOutlivesAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		UntilEnded(t.Context(), func() {
			if runs++; runs < 3 {
				panic("odd")
			}
		})
		if runs != 3 {
			t.Errorf("%d runs", runs)
		}
		ctx, cancel := context.WithCancel(t.Context())
		UntilEnded(ctx, func() { cancel(); panic("odd") })
	})
}
