// Package nearest finds the known word that a mistyped one most likely meant.
// It knows words only; where they come from is up to the caller.
package nearest
