// Package undo works out how writes that a journal holds are taken back: which
// is the next, what it puts back, and whether somebody else wrote since. It
// reads the store, and leaves writing to the caller.
package undo
