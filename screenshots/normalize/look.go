package main

import (
	"fmt"
	"strconv"
	"strings"
)

// colour is a colour, or the terminal's own.
type colour struct {
	r, g, b uint8
	set     bool
}

// or returns c, or own where c is the terminal's own colour.
func (c colour) or(own colour) colour {
	if c.set {
		return c
	}
	return own
}

// look is how a cell is drawn.
type look struct {
	fore, back                               colour
	bold, italic, underline, reverse, strike bool
}

// sequence sets the whole look, whatever was set before. It leaves out the
// terminal's own background: nothing should be drawn there.
func (l look) sequence(fore, back colour) string {
	on, under := l.fore.or(fore), l.back
	if l.reverse {
		on, under = l.back.or(back), on
	}
	s := fmt.Sprintf("\x1b[0;38;2;%d;%d;%d", on.r, on.g, on.b)
	if under.set {
		s += fmt.Sprintf(";48;2;%d;%d;%d", under.r, under.g, under.b)
	}
	for _, attribute := range []struct {
		on     bool
		number string
	}{{l.bold, "1"}, {l.italic, "3"}, {l.underline, "4"}, {l.strike, "9"}} {
		if attribute.on {
			s += ";" + attribute.number
		}
	}
	return s + "m"
}

// apply follows a select-graphic-rendition sequence (ECMA-48, 8.3.117), with
// colours by ISO 8613-6. It skips what it does not know.
func (l *look) apply(parameters string) {
	p := strings.Split(parameters, ";")
	for i := 0; i < len(p); i++ {
		number, _, _ := strings.Cut(p[i], ":")
		n, err := strconv.Atoi(number)
		if err != nil && number != "" {
			continue
		}
		switch {
		case n == 38 || n == 48:
			c, used := extended(p[i+1:])
			i += used
			if n == 38 {
				l.fore = c
			} else {
				l.back = c
			}
		case n >= 30 && n <= 37:
			l.fore = indexed(n - 30)
		case n >= 90 && n <= 97:
			l.fore = indexed(n - 90 + 8)
		case n >= 40 && n <= 47:
			l.back = indexed(n - 40)
		case n >= 100 && n <= 107:
			l.back = indexed(n - 100 + 8)
		default:
			l.attribute(n, p[i])
		}
	}
}

// attribute applies a parameter that is no colour, or the terminal's own.
func (l *look) attribute(n int, written string) {
	switch n {
	case 0:
		*l = look{}
	case 1, 22:
		l.bold = n == 1
	case 3, 23:
		l.italic = n == 3
	case 4, 24:
		l.underline = n == 4 && written != "4:0"
	case 7, 27:
		l.reverse = n == 7
	case 9, 29:
		l.strike = n == 9
	case 39:
		l.fore = colour{}
	case 49:
		l.back = colour{}
	}
}

// extended returns the colour after 38 or 48, and how many parameters it took.
func extended(p []string) (colour, int) {
	var n [4]int
	for i := range min(len(p), len(n)) {
		n[i], _ = strconv.Atoi(p[i])
	}
	switch {
	case len(p) >= 2 && n[0] == 5:
		return indexed(n[1]), 2
	case len(p) >= 4 && n[0] == 2:
		return colour{uint8(n[1]), uint8(n[2]), uint8(n[3]), true}, 4
	}
	return colour{}, len(p)
}

// indexed returns a colour of the palette of 256: sixteen that each terminal
// chooses, a cube of 6x6x6, and 24 greys.
func indexed(n int) colour {
	switch {
	case n < 0 || n > 255:
		return colour{}
	case n < 16:
		v := sixteen()[n]
		return colour{uint8(v >> 16), uint8(v >> 8), uint8(v), true}
	case n < 232:
		n -= 16
		return colour{level(n / 36), level(n / 6 % 6), level(n % 6), true}
	}
	grey := uint8(8 + 10*(n-232))
	return colour{grey, grey, grey, true}
}

// level returns the brightness of a step of the cube.
func level(n int) uint8 {
	if n == 0 {
		return 0
	}
	return uint8(55 + 40*n)
}

// sixteen are the first colours, as a dark terminal might show them.
func sixteen() [16]uint32 {
	return [16]uint32{
		0x1d1f21, 0xcc6666, 0x8fb36b, 0xd9b36c, 0x6f9bc4, 0xb294bb, 0x77b5b0, 0xb4b7b4,
		0x6b6e70, 0xf07878, 0xa8cc7c, 0xf0c674, 0x82b1e0, 0xcfa6dc, 0x8ccfc8, 0xffffff,
	}
}
