// Package merge compares and merges values by lines: the difference between
// two, and the three-way merge of what two people made of a third.
//
// A line ends with "\n"; all other bytes, "\r" among them, are its text. Two
// lines are equal when all their bytes are, so that CRLF against LF, and a last
// line with and without its newline, are differences. Nothing is normalised.
//
// Only the algorithms are here; package textdiff prepares differences for
// people, and package tui draws them.
package merge
