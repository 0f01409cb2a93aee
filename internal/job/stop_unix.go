//go:build unix

package job

import (
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// settle is how long after going on a signal may still be about the stop
// before.
const settle = 200 * time.Millisecond

// Watch tells of being asked to stop by a signal, which the program answers by
// Stop in its own time, and of going on after a stop that could not be
// answered, until end is called.
func (j *Job) Watch(stop, goneOn func()) (end func()) {
	if j == nil {
		return func() {}
	}
	stops, goes, done := make(chan os.Signal, 1), make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(stops, unix.SIGTSTP)
	signal.Notify(goes, unix.SIGCONT)
	go func() {
		for {
			select {
			case <-stops:
				switch j.heeds() {
				case own:
					j.setAsked(true)
					stop()
				case lent: // the other program has stopped by it, or will
					if j.hasShell() {
						j.halt(os.Getpid())
					}
				}
			case <-goes:
				if j.heeds() == own {
					goneOn()
				}
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(stops)
		signal.Stop(goes)
		close(done)
	}
}

// heed is whose affair a signal about stopping is.
type heed uint8

const (
	nobodys heed = iota // an echo of a stop that is over
	own
	lent // of the program that has the terminal
)

func (j *Job) heeds() heed {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.asked || j.stopping || time.Since(j.resumed) < settle:
		return nobodys
	case j.lent > 0:
		return lent
	default:
		return own
	}
}

// Stop stops the program, with all that runs beside it in the terminal, until
// the shell has it go on. It reports whether it did: where there is no shell
// that could, it does not.
func (j *Job) Stop() bool {
	if j == nil {
		return false
	}
	defer j.setAsked(false)
	if !j.hasShell() {
		return false
	}
	group := 0
	if j.guarded {
		group = os.Getpid() // the parent stops when it sees this
	}
	j.halt(group)
	return true
}

// hasShell reports whether somebody would have the program go on.
func (j *Job) hasShell() bool {
	if j.guarded {
		return !j.alone
	}
	return !orphaned()
}

// halt stops processes, this one among them, until they go on. The signal is
// the one that cannot be caught: once Go has caught SIGTSTP, it never has its
// usual effect again.
func (j *Job) halt(pid int) {
	goes := make(chan os.Signal, 1)
	signal.Notify(goes, unix.SIGCONT)
	defer signal.Stop(goes)
	j.setStopping(true)
	defer j.setStopping(false)
	_ = unix.Kill(pid, unix.SIGSTOP)
	<-goes
}

// setAsked notes that the program was asked to stop, and has yet to: the same
// wish may come twice, to the program and by way of its guard.
func (j *Job) setAsked(on bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.asked = on
}

func (j *Job) setStopping(on bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stopping = on
	if !on {
		j.resumed = time.Now()
	}
}

// Lend is called before another program gets the terminal, and back when it
// has ended. Meanwhile what is typed there to interrupt or stop is that
// program's affair: an interrupt does not end this one, and a stop stops both.
func (j *Job) Lend() (back func()) {
	if j == nil {
		return func() {}
	}
	quits := make(chan os.Signal, 1) // unlike ignoring them, this is not passed on to the other program
	signal.Notify(quits, unix.SIGQUIT)
	j.mu.Lock()
	j.lent++
	j.mu.Unlock()
	return func() {
		signal.Stop(quits)
		j.mu.Lock()
		defer j.mu.Unlock()
		j.lent--
		j.resumed = time.Now()
	}
}

// orphaned reports whether no shell watches over this program's group: what
// started it is of another session, as a terminal's own window is.
func orphaned() bool {
	parent := os.Getppid()
	own, err := unix.Getsid(0)
	if err != nil {
		return true
	}
	session, err := unix.Getsid(parent)
	group, err2 := unix.Getpgid(parent)
	return err != nil || err2 != nil || session != own || group == unix.Getpgrp()
}
