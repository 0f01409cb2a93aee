package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"kvist/kv"
)

// Size is a number of bytes, such as "512MiB".
type Size int64

// Set reads a size: a number and its unit, B, KiB, MiB or GiB.
func (s *Size) Set(text string) error {
	number, unit := text, ""
	if i := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		number, unit = text[:i], strings.TrimSpace(text[i:])
	}
	size, ok := map[string]int64{"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[unit]
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || n <= 0 || n > math.MaxInt64/size {
		return fmt.Errorf(`%s is not a size such as "512MiB" or "2GiB"`, quote(text))
	}
	*s = Size(n * size)
	return nil
}

// String returns the size in words, "" if it is not set.
func (s *Size) String() string {
	if s == nil || *s == 0 {
		return ""
	}
	return kv.Bytes(int64(*s))
}

// Type is the word for a size in a command's help.
func (*Size) Type() string { return "size" }
