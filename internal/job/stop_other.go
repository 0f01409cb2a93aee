//go:build !unix

package job

// Watch does nothing: this system knows no stopping.
func (j *Job) Watch(_, _ func()) (end func()) { return func() {} }

// Stop does nothing, and says so.
func (j *Job) Stop() bool { return false }

// Lend is called before another program gets the terminal, and back when it
// has ended. Meanwhile an interrupt is that program's affair.
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
	}
}

// Guard does nothing: here the system gives the terminal back.
func (j *Job) Guard() (code int, done bool) { return 0, false }
