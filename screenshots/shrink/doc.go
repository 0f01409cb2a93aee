// Command shrink halves pictures and keeps at most 256 colours of each: they
// are drawn at four times the size of a cell, and a screen has few colours
// besides the soft edges of its letters. It rewrites the PNG files that are
// named as arguments.
//
// It is for the pictures of the README only; kvist does not use it.
package main
