// Package textarea is a text that is edited on the screen. It takes operations
// and text, and returns rows to be drawn.
//
// Every byte that it was given, and every byte that is typed or pasted, is in
// what it returns. What cannot be seen is drawn as a sign or escaped, and never
// sent to a terminal. A key press costs what is in sight, however long the text
// is; only a change within a line copies that line.
//
// It is pure data: no terminal, no keymap and no store is known here.
package textarea
