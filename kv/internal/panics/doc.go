// Package panics turns a panic into an error, so that an answer of a server which nobody
// expected ends a request and not the program, with the terminal as it was last drawn.
//
// It only knows panics. What kind of failure one is, the caller says.
package panics
