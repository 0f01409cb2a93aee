// Command manual writes the man pages of kvist and of each command, and the completions
// of four shells, from the commands themselves, for the packages of a release.
// It is a program of its own so that what it needs is not linked into kvist.
package main
