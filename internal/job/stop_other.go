//go:build !unix

package job

import "time"

// Watch does nothing: this system cannot stop programs.
func (j *Job) Watch(_, _ func()) (end func()) { return func() {} }

// Stop does nothing and returns false.
func (j *Job) Stop() bool { return false }

// Lend is called before another program gets the terminal, and back when that
// has ended. Meanwhile interrupts are for that program.
func (j *Job) Lend() (back func()) {
	if j == nil {
		return func() {}
	}
	j.mu.Lock()
	j.lent++
	j.mu.Unlock()
	return func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.lent--
		j.returned = time.Now()
	}
}

// Guard does nothing: here the system restores the terminal.
func (j *Job) Guard() (code int, done bool) { return 0, false }
