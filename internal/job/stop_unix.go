//go:build unix

package job

import (
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// settle is how long after resuming a signal may still belong to the stop
// before.
const settle = 200 * time.Millisecond

// Watch calls stop when a signal asks the program to stop, which the program
// then does by Stop in its own time, and goneOn when the program resumes after
// a stop that it could not answer. It ends when end is called.
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
				case lent: // the other program was stopped by it, or will be
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

// heed is whose business a signal about stopping is.
type heed uint8

const (
	nobodys heed = iota // an echo of a stop that is over
	own
	lent // for the program that has the terminal
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

// Stop stops the program, with everything that runs beside it in the terminal,
// until the shell resumes it. It reports whether it stopped: without a shell
// that could resume it, it does not.
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

// hasShell reports whether somebody would resume the program.
func (j *Job) hasShell() bool {
	if j.guarded {
		return !j.alone
	}
	return !orphaned()
}

// halt stops processes, this one among them, until they are resumed. It uses
// the signal that cannot be caught: once Go has caught SIGTSTP, that never has
// its usual effect again.
func (j *Job) halt(pid int) {
	goes := make(chan os.Signal, 1)
	signal.Notify(goes, unix.SIGCONT)
	defer signal.Stop(goes)
	j.setStopping(true)
	defer j.setStopping(false)
	_ = unix.Kill(pid, unix.SIGSTOP)
	<-goes
}

// setAsked records that the program was asked to stop and has not stopped yet.
// The same request may come twice: to the program and through its guard.
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

// Lend is called before another program gets the terminal, and back when that
// has ended. Meanwhile interrupts and stops that are typed there are for that
// program: an interrupt does not end this one, and a stop stops both.
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
		j.returned = j.resumed
	}
}

// orphaned reports whether no shell watches over this program's group: its
// parent belongs to another session, as the parent of a terminal's window does.
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
