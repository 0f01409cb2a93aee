package job

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// Job hears of the signals by which the program is told to end, and nothing
// else in it does. The zero value, and nil, hear nothing.
type Job struct {
	end     context.CancelCauseFunc
	ends    chan os.Signal
	guarded bool // a parent gives the terminal back, see Guard
	alone   bool // of the guarded: no shell is there to stop for

	mu       sync.Mutex
	lent     int       // programs that have the terminal
	asked    bool      // to stop, and has not yet
	stopping bool      // Stop is under way
	resumed  time.Time // when it went on last
}

// secondAfter is how long after the first signal another one ends a program
// that does not heed it. A hang-up and ctrl+c may come more than once for one
// event: from the terminal and by way of the parent.
const secondAfter = time.Second

// Begin hears of signals until stop is called. The first one that tells the
// program to end ends the context, with the signal as its cause.
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

// deaf gives the signals their usual meaning.
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
			j.end(fmt.Errorf("told to end: %s", s))
		}
	}
}

func (j *Job) isLent() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lent > 0
}
