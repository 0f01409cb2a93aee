package tui

import (
	"os"
	"runtime/debug"
)

const (
	// framesPerSecond limits how often a frame is drawn: half a sixtieth of a
	// second can be felt when a key repeats. A screen that does not change costs
	// nothing.
	framesPerSecond = 120
	// leanPercent is how much garbage the heap may hold, in per cent of what lives.
	// Nearly all of that is the tree, which holds no pointers, so collecting is
	// cheap; Go's default of 100 would double the program's memory at a million
	// keys.
	leanPercent = 15
)

// collectOften keeps the heap small, unless GOGC is set.
func collectOften() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(leanPercent)
	}
}
