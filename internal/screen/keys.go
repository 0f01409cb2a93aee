package screen

import (
	"fmt"
	"strings"
)

// Key returns what a terminal sends for a key, as the keymap names it. After a
// lone esc nothing may follow until it has acted: esc and the next key are alt
// and that key.
func Key(name string) string {
	special := map[string]string{
		"enter": "\r", "esc": "\x1b", "tab": "\t", "backspace": "\x7f", "space": " ",
		"up": "\x1b[A", "down": "\x1b[B", "end": "\x1b[F", "home": "\x1b[H", "f1": "\x1bOP",
	}
	if bytes, ok := special[name]; ok {
		return bytes
	}
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return string(letter[0] & 0x1f)
	}
	return name
}

// Click returns what a terminal sends for a click on a cell, counted from 0.
func Click(column, row int) string {
	return fmt.Sprintf("\x1b[<0;%d;%dM\x1b[<0;%d;%dm", column+1, row+1, column+1, row+1)
}

// WheelDown returns what a terminal sends for a notch of the wheel over a cell.
func WheelDown(column, row int) string {
	return fmt.Sprintf("\x1b[<65;%d;%dM", column+1, row+1)
}
