//go:build unix

package job

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds each wait; it only runs out when a test fails.
const patience = 10 * time.Second

func raise(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), s); err != nil {
		t.Fatal(err)
	}
}

// Each signal that ends the program cancels the context, with the signal as its
// cause.
func TestSignalsEndTheContext(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		ctx, _, stop := Begin(t.Context())
		raise(t, s)
		select {
		case <-ctx.Done():
			if cause := context.Cause(ctx); !strings.Contains(cause.Error(), s.String()) {
				t.Errorf("%s: the cause is %v", s, cause)
			}
			if s == syscall.SIGTERM {
				raise(t, s) // from the terminal and through the parent; the second one would end the test
			}
		case <-time.After(patience):
			t.Errorf("%s: not heard", s)
		}
		stop()
	}
}

// While another program has the terminal, an interrupt is for that one, and a
// signal to end still ends this one.
func TestAnInterruptIsForWhoHasTheTerminal(t *testing.T) {
	ctx, j, stop := Begin(t.Context())
	defer stop()
	back := j.Lend()
	raise(t, syscall.SIGINT)
	raise(t, syscall.SIGQUIT)
	raise(t, syscall.SIGTERM)
	select {
	case <-ctx.Done():
	case <-time.After(patience):
		t.Fatal("SIGTERM was not heard")
	}
	if cause := context.Cause(ctx).Error(); !strings.Contains(cause, syscall.SIGTERM.String()) {
		t.Errorf("the cause is %s", cause)
	}
	back()
}

// An interrupt that the parent passes on after the program has given the
// terminal back is that program's.
func TestALateInterruptIsForWhoHadTheTerminal(t *testing.T) {
	ctx, j, stop := Begin(t.Context())
	defer stop()
	j.Lend()()
	raise(t, syscall.SIGINT)
	raise(t, syscall.SIGTERM)
	select {
	case <-ctx.Done():
	case <-time.After(patience):
		t.Fatal("SIGTERM was not heard")
	}
	if cause := context.Cause(ctx).Error(); !strings.Contains(cause, syscall.SIGTERM.String()) {
		t.Errorf("the cause is %s", cause)
	}
}

// A program without a shell does not stop.
func TestNoJob(t *testing.T) {
	var j *Job
	defer j.Watch(func() {}, func() {})()
	defer j.Lend()()
	if j.Stop() {
		t.Error("it stopped")
	}
}
