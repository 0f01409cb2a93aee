// Package compare finds the differences of two sets of keys: of two folders, in
// one store or in two of any kind, or of a folder and a file.
//
// Both sides are sorted listings, which are joined like two decks of cards. A
// value is read only if indexes and sizes do not decide: an index says something
// within one store alone, and two values of unlike size may still be the same
// data in another layout. Nothing is left out silently: what may not be read, or
// was not seen, is an error or in [Side.Unseen].
//
// The package reads and never writes. It prints nothing.
package compare
