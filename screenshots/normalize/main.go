package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

func main() {
	fore := flag.String("fore", "#d0d0d0", "the terminal's own text colour")
	back := flag.String("back", "#171717", "the terminal's own background")
	width := flag.Int("width", 0, "the terminal's width")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, *width, *fore, *back); err != nil {
		fmt.Fprintln(os.Stderr, "normalize:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer, width int, fore, back string) error {
	t := terminal{width: width}
	for _, own := range []struct {
		written string
		to      *colour
	}{{fore, &t.fore}, {back, &t.back}} {
		if _, err := fmt.Sscanf(own.written, "#%02x%02x%02x", &own.to.r, &own.to.g, &own.to.b); err != nil {
			return fmt.Errorf("%q is not #rrggbb", own.written)
		}
		own.to.set = true
	}
	w := bufio.NewWriter(out)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if _, err := fmt.Fprintln(w, t.line(lines.Text())); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return w.Flush()
}

// terminal is the state of a terminal at one point of its input.
type terminal struct {
	width      int
	fore, back colour // its own colours
	look       look
}

// line returns the line with a complete sequence before each run of text. A
// capture lacks the end of a line that was filled by an erasure; such a line
// continues in its background. Every character counts as one cell.
func (t *terminal) line(s string) string {
	var b strings.Builder
	room := t.width
	for s != "" {
		text, rest, found := strings.Cut(s, "\x1b[")
		if text != "" {
			b.WriteString(t.look.sequence(t.fore, t.back) + text)
			room -= utf8.RuneCountInString(text)
		}
		if !found {
			break
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return r >= 0x40 && r <= 0x7e })
		if end < 0 {
			break
		}
		if rest[end] == 'm' {
			t.look.apply(rest[:end])
		}
		s = rest[end+1:]
	}
	if room > 0 && (t.look.back.set || t.look.reverse) {
		b.WriteString(strings.Repeat(" ", room))
	}
	return b.String() + "\x1b[0m"
}
