package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"kvist/internal/printable"
)

// openingTold is how long opening a store may take before a person who sees
// nothing else is told about it.
const openingTold = 400 * time.Millisecond

// tellOpening says in one line of the terminal what is being opened, when that
// takes a while, and takes the line back when it is over.
func tellOpening(terminal io.Writer, address string, most time.Duration) (over func()) {
	opened, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-opened:
			return
		case <-time.After(openingTold):
		}
		line := fmt.Sprintf("Opening %s, up to %v; ctrl+c stops.", openingName(address), most)
		fmt.Fprint(terminal, line)
		<-opened
		// Blanks take it back on any terminal, a dumb one too.
		fmt.Fprint(terminal, "\r"+strings.Repeat(" ", utf8.RuneCountInString(line))+"\r")
	}()
	return func() {
		close(opened)
		<-done
	}
}

// openingName is an address that leaves the line on one row of a terminal that
// is as small as the explorer takes.
func openingName(address string) string {
	const most = 24
	name := []rune(printable.String(address))
	if len(name) > most {
		return string(name[:most-1]) + "…"
	}
	return string(name)
}
