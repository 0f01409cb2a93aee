package tui

import (
	"fmt"
	"strings"
	"testing"
)

func TestThumb(t *testing.T) {
	for _, c := range []struct{ top, h, n, from, to int }{
		{0, 10, 0, 0, 0},
		{0, 10, 10, 0, 0},
		{0, 10, 20, 0, 5},
		{10, 10, 20, 5, 10},
		{1, 10, 1_000_000, 1, 2},
		{999_989, 10, 1_000_000, 8, 9},
		{999_990, 10, 1_000_000, 9, 10},
		{1, 1, 2, 0, 1},
		{0, 2, 1000, 0, 1},
		{998, 2, 1000, 1, 2},
	} {
		if from, to := thumb(c.top, c.h, c.n); from != c.from || to != c.to {
			t.Errorf("row %d of %d in %d lines: %d to %d, not %d to %d", c.top, c.n, c.h, from, to, c.from, c.to)
		}
	}
}

// The bar shows which part of all rows is in sight, in both layouts.
func TestScrollBar(t *testing.T) {
	for _, width := range []int{120, 70} {
		s := newScripted()
		d := drive(t, s, Options{Address: "etcd://x"}, width, 30)
		var keys []string
		for i := range 500 {
			keys = append(keys, fmt.Sprintf("key%03d", i))
		}
		b := puts(keys...)
		s.batches <- batchOf(b)
		d.sees("key003", "┃", "1/500", "● live")
		line := func() int {
			for i, text := range strings.Split(d.screen(), "\n") {
				if strings.Contains(text, "┃") {
					return i
				}
			}
			return -1
		}
		top := line()
		d.press("G")
		d.sees("key499")
		if bottom := line(); bottom <= top+3 {
			t.Errorf("%d cells wide: the thumb is on line %d at the top and on line %d at the bottom", width, top, bottom)
		}
	}
}
