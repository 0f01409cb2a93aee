package format

import (
	"fmt"
	"strings"
)

// Hex returns a part of a value as `hexdump -C` writes it: so many rows from
// the given one on, no wider than width if width is at least 27 cells. Other
// parts of the value cost nothing.
func Hex(value []byte, row, rows, width int) []string {
	n := hexBytes(width)
	lines := make([]string, 0, max(0, min(rows, HexRows(len(value), width)-row)))
	for r := max(0, row); r < row+rows && r*n < len(value); r++ {
		lines = append(lines, hexLine(value[r*n:min(len(value), r*n+n)], r*n, n))
	}
	return lines
}

// HexRows returns how many lines Hex has in all for a value of size bytes.
func HexRows(size, width int) int {
	n := hexBytes(width)
	return (size + n - 1) / n
}

// HexWidth returns how many bytes a line of Hex shows.
func HexWidth(width int) int { return hexBytes(width) }

// hexBytes returns how many bytes fit on a line: 16, 8 or 4.
func hexBytes(width int) int {
	for n := 16; n > 4; n /= 2 {
		if hexWidth(n) <= width {
			return n
		}
	}
	return 4
}

// hexWidth returns the width of a line of n bytes: the offset, the bytes in
// groups of eight, and the characters between bars.
func hexWidth(n int) int { return 8 + 1 + n*3 + n/8 + 1 + n + 2 }

func hexLine(part []byte, offset, n int) string {
	var b strings.Builder
	b.Grow(hexWidth(n))
	fmt.Fprintf(&b, "%08x ", offset)
	for i := range n {
		if i%8 == 0 && n >= 8 {
			b.WriteByte(' ')
		}
		if i < len(part) {
			fmt.Fprintf(&b, "%02x ", part[i])
		} else {
			b.WriteString("   ")
		}
	}
	b.WriteString(" |")
	for _, c := range part {
		if c < ' ' || c > '~' {
			c = '.'
		}
		b.WriteByte(c)
	}
	b.WriteByte('|')
	return b.String()
}
