// Package printable makes hostile bytes safe to show: keys, values and messages
// of servers may hold escape sequences, control characters, marks that change
// the direction of text, or invalid UTF-8. None of these may reach a terminal.
//
// Whatever is written to a terminal and comes from outside goes through here.
// Layout and colour do not belong here.
package printable
