// Package statefile writes the small files that the program keeps for itself in the
// user's directory for state: each as a whole or not at all, and for the user alone.
//
// The content of a file, and its name, are up to its owner.
package statefile
