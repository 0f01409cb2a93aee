//go:build !linux

package kvtest

import "syscall"

// dieWithParent does nothing: only Linux can do this. Elsewhere the tests'
// clean-up ends the servers, unless the tests themselves are killed.
func dieWithParent() *syscall.SysProcAttr { return nil }
