package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// sample is how long something took, each time.
type sample []time.Duration

// p is a percentile by the nearest rank; 0 of nothing.
func (s sample) p(percent float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	rank := int(math.Ceil(percent / 100 * float64(len(sorted))))
	return sorted[min(len(sorted), max(1, rank))-1]
}

// where is the part of s at the places that are wanted.
func (s sample) where(wanted func(i int) bool) sample {
	var part sample
	for i, d := range s {
		if wanted(i) {
			part = append(part, d)
		}
	}
	return part
}

// median is the 50th percentile.
func (s sample) median() time.Duration { return s.p(50) }

// median of numbers.
func median[T int | int64 | float64](values []T) T {
	if len(values) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(values))[(len(values)-1)/2]
}

// mean is the sum by the number; 0 of nothing.
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

// took writes a duration with three digits that count: "0.31 ms", "12.3 ms", "4.21 s".
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

// quotient is a by b, 0 when there is no b.
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
