package tui

import (
	"os"
	"runtime/debug"
)

const (
	// framesPerSecond is how often the screen is brought up to date at most:
	// half of a sixtieth of a second is felt under a held key. A screen that
	// does not change costs nothing.
	framesPerSecond = 120
	// leanPercent is how much garbage the heap may hold beside what lives, in
	// per cent. Nearly all that lives is the tree, which holds no pointers:
	// collecting is cheap, and at a million keys Go's own 100 would double
	// the memory of the program.
	leanPercent = 20
)

// collectOften keeps the memory close to what is needed, unless GOGC says otherwise.
func collectOften() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(leanPercent)
	}
}
