package kvtest

import "syscall"

// dieWithParent has the kernel kill the process when this one ends, however it
// ends.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
