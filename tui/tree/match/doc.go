// Package match is the query language of the explorer: text, its absence, text
// as fzf finds it, and regular expressions.
//
// All but the last can be matched along a path one segment at a time, from State
// to State: a folder's is computed once for everything in it, and when it is
// final, it decides all of that at once.
//
// Parsing and matching are here. Which keys or values are searched, and how a
// match is drawn, is up to the callers.
package match
