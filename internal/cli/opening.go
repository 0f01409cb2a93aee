package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"kvist/internal/printable"
)

// openingPause is how long opening a store may take before a message says so.
const openingPause = 400 * time.Millisecond

// showOpening says in one line of the terminal what is being opened, if that
// takes a while, and clears the line when it is over.
func showOpening(terminal io.Writer, address string, most time.Duration) (over func()) {
	opened, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-opened:
			return
		case <-time.After(openingPause):
		}
		line := fmt.Sprintf("Opening %s, up to %v; ctrl+c stops.", openingName(address), most)
		fmt.Fprint(terminal, line)
		<-opened
		// Blanks clear it on any terminal, even a dumb one.
		fmt.Fprint(terminal, "\r"+strings.Repeat(" ", utf8.RuneCountInString(line))+"\r")
	}()
	return func() {
		close(opened)
		<-done
	}
}

// openingName returns an address, shortened so that the line fits one row of
// the smallest terminal that the explorer takes.
func openingName(address string) string {
	const most = 24
	name := []rune(printable.String(address))
	if len(name) > most {
		return string(name[:most-1]) + "…"
	}
	return string(name)
}
