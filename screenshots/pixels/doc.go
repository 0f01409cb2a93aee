// Package pixels reads pictures of a screen and gives them few colours: a
// screen has few besides the soft edges of its letters.
//
// It is for the pictures of the README only; kvist does not use it.
package pixels
