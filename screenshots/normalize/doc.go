// Command normalize rewrites a terminal's capture so that each run of text
// states its whole look. tmux writes only what differs from the cell before,
// also across line ends; the program that draws the pictures follows neither
// that nor reverse video, and has another sixteen colours. The command reads
// the capture from standard input and writes it to standard output.
//
// It is for the pictures of the README only; kvist does not use it.
package main
