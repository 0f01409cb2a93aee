//go:build !linux

package kvtest

import "syscall"

// dieWithParent is only known on Linux; elsewhere the tests' clean-up ends the
// servers, unless the tests themselves are killed.
func dieWithParent() *syscall.SysProcAttr { return nil }
