package merge

import (
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff/lcs"
)

// split returns text as lines, each with its newline; the last may have none.
func split(text []byte) []string {
	if len(text) == 0 {
		return nil
	}
	lines := strings.SplitAfter(string(text), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// hunk says that lines [a1, a2) of one text became [b1, b2) in the other.
type hunk struct{ a1, a2, b1, b2 int }

// compare returns the hunks in which a and b differ, in order, with at least
// one equal line between any two of them.
//
// Lines that occur once in each text are matched first (Bram Cohen's patience
// diff); what is between them is left to Myers' algorithm, which does not
// insist on a minimal result if the texts differ much. The cost is bounded by
// the number of lines times its logarithm and a constant.
func compare(a, b []string) []hunk {
	start, end := 0, 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	for end < min(len(a), len(b))-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	var h hunks
	x, y := start, start
	for _, p := range anchors(a[start:len(a)-end], b[start:len(b)-end]) {
		h.between(a, b, hunk{x, p.a + start, y, p.b + start})
		x, y = p.a+start+1, p.b+start+1
	}
	h.between(a, b, hunk{x, len(a) - end, y, len(b) - end})
	return h
}

// hunks are collected in order.
type hunks []hunk

// between adds the differences in the part that at describes.
func (h *hunks) between(a, b []string, at hunk) {
	if at.a1 == at.a2 || at.b1 == at.b2 {
		h.add(at)
		return
	}
	for _, d := range lcs.DiffLines(a[at.a1:at.a2], b[at.b1:at.b2]) {
		h.add(hunk{at.a1 + d.Start, at.a1 + d.End, at.b1 + d.ReplStart, at.b1 + d.ReplEnd})
	}
}

// add adds a hunk, as part of the last one if they touch.
func (h *hunks) add(next hunk) {
	if next.a1 == next.a2 && next.b1 == next.b2 {
		return
	}
	if n := len(*h); n > 0 && (*h)[n-1].a2 == next.a1 && (*h)[n-1].b2 == next.b1 {
		(*h)[n-1].a2, (*h)[n-1].b2 = next.a2, next.b2
		return
	}
	*h = append(*h, next)
}

// pair is a line of a and the equal line of b.
type pair struct{ a, b int }

// anchors returns the lines that occur once in each text, as many as are in the
// same order in both.
func anchors(a, b []string) []pair {
	type place struct{ inA, inB, a, b int }
	places := make(map[string]place, len(a))
	for i, line := range a {
		p := places[line]
		p.inA, p.a = p.inA+1, i
		places[line] = p
	}
	for i, line := range b {
		if p, ok := places[line]; ok {
			p.inB, p.b = p.inB+1, i
			places[line] = p
		}
	}
	var pairs []pair
	for i, line := range a {
		if p := places[line]; p.inA == 1 && p.inB == 1 {
			pairs = append(pairs, pair{i, p.b})
		}
	}
	return rising(pairs)
}

// rising returns the longest part of pairs, which rise in a, that also rises in
// b. It is patience sorting, where tails are the last cards of the piles.
func rising(pairs []pair) []pair {
	var tails []int // of pairs
	before := make([]int, len(pairs))
	for i, p := range pairs {
		pile, _ := slices.BinarySearchFunc(tails, p.b, func(t, b int) int { return pairs[t].b - b })
		before[i] = -1
		if pile > 0 {
			before[i] = tails[pile-1]
		}
		if pile == len(tails) {
			tails = append(tails, i)
		} else {
			tails[pile] = i
		}
	}
	out := make([]pair, len(tails))
	for k, i := len(tails)-1, last(tails); k >= 0; k, i = k-1, before[i] {
		out[k] = pairs[i]
	}
	return out
}

func last(tails []int) int {
	if len(tails) == 0 {
		return -1
	}
	return tails[len(tails)-1]
}
