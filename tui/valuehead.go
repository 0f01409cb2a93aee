package tui

import (
	"bytes"
	"fmt"
)

const (
	// headBytes and headLines are how much of a value is shown as text at most:
	// each line takes some hundred bytes where it is laid out, so that fifty
	// megabytes of short ones would take gigabytes.
	headBytes = 4 << 20
	headLines = 100_000
)

// headOf is as much of a text as is shown, whole lines where there are any, and
// what is said of the rest; "" when there is none.
func headOf(value []byte) (head []byte, rest string) {
	end := min(len(value), headBytes)
	for at, lines := 0, 0; at < end; lines++ {
		if lines == headLines {
			end = at
			break
		}
		next := bytes.IndexByte(value[at:end], '\n')
		if next < 0 {
			break
		}
		at += next + 1
	}
	if end == len(value) {
		return value, ""
	}
	if last := bytes.LastIndexByte(value[:end], '\n'); last >= 0 {
		end = last + 1
	}
	return value[:end], fmt.Sprintf("… %s more are not shown here; kvist get writes all of it", sized(int64(len(value)-end)))
}
