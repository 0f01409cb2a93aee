//go:build unix

package job

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A status is read as wait.h reads it, also where Go's own methods do not.
func TestWaitStatus(t *testing.T) {
	for name, c := range map[string]struct {
		status          syscall.WaitStatus
		stopped, goesOn bool
	}{
		"stopped":             {syscall.WaitStatus(unix.SIGSTOP)<<8 | 0x7f, true, false},
		"stopped by a key":    {syscall.WaitStatus(unix.SIGTSTP)<<8 | 0x7f, true, false},
		"goes on, Linux":      {0xffff, false, true},
		"goes on, FreeBSD":    {syscall.WaitStatus(unix.SIGCONT), false, true},
		"goes on, macOS":      {syscall.WaitStatus(unix.SIGCONT)<<8 | 0x7f, false, true},
		"exit code 0":         {0, false, false},
		"exit code 127":       {127 << 8, false, false},
		"killed":              {syscall.WaitStatus(unix.SIGKILL), false, false},
		"killed, with a core": {syscall.WaitStatus(unix.SIGSEGV) | 0x80, false, false},
	} {
		if hasStopped(c.status) != c.stopped || hasGoneOn(c.status) != c.goesOn {
			t.Errorf("%s (%#x): stopped %t, goes on %t", name, c.status, hasStopped(c.status), hasGoneOn(c.status))
		}
	}
}
