package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// sample holds how long something took, each time.
type sample []time.Duration

// p returns a percentile by the nearest rank; 0 for an empty sample.
func (s sample) p(percent float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	rank := int(math.Ceil(percent / 100 * float64(len(sorted))))
	return sorted[min(len(sorted), max(1, rank))-1]
}

// where returns the part of s at the wanted places.
func (s sample) where(wanted func(i int) bool) sample {
	var part sample
	for i, d := range s {
		if wanted(i) {
			part = append(part, d)
		}
	}
	return part
}

// median returns the 50th percentile.
func (s sample) median() time.Duration { return s.p(50) }

// median returns the median of numbers.
func median[T int | int64 | float64](values []T) T {
	if len(values) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(values))[(len(values)-1)/2]
}

// mean returns sum by number; 0 by 0 is 0.
func mean(values []int64) float64 {
	if len(values) == 0 {
		return 0
	}
	var sum int64
	for _, v := range values {
		sum += v
	}
	return float64(sum) / float64(len(values))
}

// took writes a duration with three significant digits: "0.31 ms", "12.3 ms",
// "4.21 s".
func took(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%s%.1f s", sign, d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%s%.2f s", sign, d.Seconds())
	case d >= 100*time.Millisecond:
		return fmt.Sprintf("%s%.0f ms", sign, d.Seconds()*1e3)
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%s%.1f ms", sign, d.Seconds()*1e3)
	default:
		return fmt.Sprintf("%s%.2g ms", sign, d.Seconds()*1e3)
	}
}

// quotient returns a by b, 0 if b is 0.
func quotient(a, b time.Duration) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// times writes a ratio.
func times(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) + " x" }

// grouped writes a number in groups of three: "1 234 567".
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// mebibytes writes a number of KiB.
func mebibytes(kib int64) string { return fmt.Sprintf("%.0f MiB", float64(kib)/1024) }
