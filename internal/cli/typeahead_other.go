//go:build !(linux || darwin || dragonfly || freebsd || netbsd || openbsd)

package cli

import "os"

// dropTypedAhead does nothing: here it is not known how.
func dropTypedAhead(*os.File) {}
