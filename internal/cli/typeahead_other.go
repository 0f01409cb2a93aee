//go:build !(linux || darwin || dragonfly || freebsd || netbsd || openbsd)

package cli

import "os"

// dropTypedAhead does nothing: no way is known on this system.
func dropTypedAhead(*os.File) {}
