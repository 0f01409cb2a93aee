//go:build unix

package screen

import (
	"os"
	"os/exec"
	"syscall"
)

// takeTerminal makes the terminal the program's own, also if its standard input
// is something else.
func takeTerminal(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	if cmd.Stdin != nil {
		cmd.SysProcAttr.Ctty = 1
	}
}

// killSession kills a program and what it started in its terminal.
func killSession(p *os.Process) {
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL) // it may have ended
}
