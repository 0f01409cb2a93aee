package tui

import (
	"bytes"
	"fmt"
)

const (
	// headBytes and headLines limit how much of a value is shown as text. Each line
	// takes some hundred bytes in memory: 50 MB of short lines would take
	// gigabytes.
	headBytes = 4 << 20
	headLines = 100_000
)

// headOf returns the part of a text that is shown, in whole lines if possible, and
// a remark on the rest; "" when there is none.
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
