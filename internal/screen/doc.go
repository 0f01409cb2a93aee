// Package screen runs a program in a pseudo terminal and says what is on its
// screen, and when it came there. The benchmark, the stories and the tests that
// need a real terminal all look through it.
//
// How keys are named and what a terminal sends for them is here too. What the
// program is, and what its screen ought to show, is up to the caller. The
// explorer itself uses nothing of it.
package screen
