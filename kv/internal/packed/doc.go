// Package packed holds what a listing says of each key, in a few bytes a key,
// and finds what changed between two listings.
//
// It is for feeds of stores that send no single changes, only whole answers.
// It knows nothing of stores, of requests or of kv: what the marks of a key
// mean is its caller's business.
package packed
