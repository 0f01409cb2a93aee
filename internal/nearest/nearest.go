package nearest

import (
	"slices"
	"strings"
)

// To returns the one of words that is most similar to word, or "" if none is
// similar: up to two letters, and at most a third of them, were added, left
// out, changed or swapped.
func To(word string, words ...string) string {
	best, least := "", min(2, max(1, len(word)/3))+1
	for _, w := range words {
		if d := distance([]rune(word), []rune(w)); d < least {
			best, least = w, d
		}
	}
	return best
}

// Among returns how an error goes on about a word that is none of words: with the
// most similar one, else with all of them.
func Among(word string, words ...string) string {
	if near := To(word, words...); near != "" {
		return "did you mean " + near + "?"
	}
	return "known are " + strings.Join(words, ", ")
}

// distance returns how many letters of a must be added, left out, changed or
// swapped with the next one to get b.
func distance(a, b []rune) int {
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		before, last, row = last, row, slices.Repeat([]int{i + 1}, len(b)+1)
		for j := range b {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(last[j]+change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
