// Package textdiff compares two states of a value for people: line by line,
// with the words that differ, and by structure where a value is structured but
// its text is one long line.
//
// It draws nothing, and its results hold hostile bytes as the values do. The
// comparison of lines is package merge's.
package textdiff
