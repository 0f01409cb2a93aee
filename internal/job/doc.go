// Package job is the program as a shell's job in a terminal: it handles the
// signals that end, stop and continue the program, and the guard that restores
// the terminal when the program could not.
//
// Only this package receives those signals. What the program does before it
// ends or stops is up to its callers.
package job
