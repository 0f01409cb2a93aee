// Package stories holds nothing but tests: the built program in a real pseudo
// terminal, on each real store, with the store's own client writing beside
// it, as a person would meet it.
package stories
