package tui

import (
	"strconv"
	"strings"
)

// itoa formats a number.
func itoa(n int) string { return strconv.Itoa(n) }

// plural counts things: "1 key", "2 keys", "3 matches".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "ch") {
		return grouped(n) + " " + noun + "es"
	}
	return grouped(n) + " " + noun + "s"
}

// grouped formats a number in groups of three digits: "1 234 567".
func grouped(n int) string {
	s := itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// sized formats a number of bytes: "812 B", "4.2 KiB".
func sized(n int64) string {
	const unit = 1024
	if n < unit {
		return strconv.FormatInt(n, 10) + " B"
	}
	value, names := float64(n), "KMGT"
	for i := range len(names) {
		value /= unit
		if value < unit || i == len(names)-1 {
			return strconv.FormatFloat(value, 'f', 1, 64) + " " + names[i:i+1] + "iB"
		}
	}
	return ""
}

// sizeText returns a size in words.
func sizeText(n int) string {
	if n < 0 {
		return "?"
	}
	return sized(int64(n))
}
