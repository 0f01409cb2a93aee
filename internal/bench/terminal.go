package main

import (
	"os/exec"
	"time"

	"kvist/internal/screen"
)

// The size of the terminals that everything is measured in.
const (
	columns = 200
	lines   = 50
)

// patience bounds each wait for something to be seen.
const patience = 90 * time.Second

// startTerminal starts a program in a terminal.
func startTerminal(cmd *exec.Cmd) (*screen.Terminal, error) {
	return screen.Start(cmd, screen.Options{Width: columns, Height: lines, Patience: patience})
}
