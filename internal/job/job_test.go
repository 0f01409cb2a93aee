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

// patience bounds each wait; it is only used up when a test fails.
const patience = 10 * time.Second

func raise(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), s); err != nil {
		t.Fatal(err)
	}
}

// Each signal that tells the program to end ends the context, which says why.
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
				raise(t, s) // as it comes from the terminal and by way of the parent; it would end the test
			}
		case <-time.After(patience):
			t.Errorf("%s: not heard", s)
		}
		stop()
	}
}

// While another program has the terminal, an interrupt is meant for that, and
// being told to end still ends.
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

// A program that no shell runs has nobody to stop for.
func TestNoJob(t *testing.T) {
	var j *Job
	defer j.Watch(func() {}, func() {})()
	defer j.Lend()()
	if j.Stop() {
		t.Error("it stopped")
	}
}
