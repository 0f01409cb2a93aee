package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// Job receives the signals that end the program; nothing else in it does. The
// zero value and nil receive none.
type Job struct {
	end     context.CancelCauseFunc
	ends    chan os.Signal
	guarded bool // a parent restores the terminal, see Guard
	alone   bool // of the guarded: there is no shell to stop for

	mu       sync.Mutex
	lent     int       // how many programs have the terminal
	returned time.Time // when the last of them gave it back
	asked    bool      // to stop, and has not stopped yet
	stopping bool      // Stop is running
	resumed  time.Time // when it resumed last
}

// ErrInterrupted is the cause of a context that ends since somebody pressed ctrl+c.
var ErrInterrupted = errors.New("told to end: interrupt")

// secondAfter is how long after the first signal another one kills a program
// that ignored it. One event may send several signals, such as a hang-up or
// ctrl+c: from the terminal and through the parent.
const secondAfter = time.Second

// Begin receives signals until stop is called. The first one that ends the
// program cancels the context, with the signal as its cause.
func Begin(parent context.Context) (ctx context.Context, j *Job, stop func()) {
	j = &Job{ends: make(chan os.Signal, 1)}
	ctx, j.end = context.WithCancelCause(parent)
	signal.Notify(j.ends, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go j.listen(ctx)
	return ctx, j, func() {
		j.deaf()
		j.end(context.Canceled)
	}
}

// deaf gives the signals their usual effect.
func (j *Job) deaf() { signal.Stop(j.ends) }

func (j *Job) listen(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-j.ends:
			if s == os.Interrupt && j.isLent() {
				continue // it is for the program that has the terminal
			}
			time.AfterFunc(secondAfter, j.deaf)
			if s == os.Interrupt {
				j.end(ErrInterrupted)
				continue
			}
			j.end(fmt.Errorf("told to end: %s", s))
		}
	}
}

// late is how long after a program gave the terminal back an interrupt may
// still be that program's: the parent passes it on, and the program may have
// ended at once.
const late = time.Second

// isLent reports whether an interrupt is for another program.
func (j *Job) isLent() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lent > 0 || time.Since(j.returned) < late
}
