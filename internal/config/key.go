package config

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"kvist/internal/printable"
)

// DecodeKey decodes the %XX of a key written in an address (RFC 3986, section
// 2.1). A percent sign of the key itself is %25.
func DecodeKey(s string) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
			return "", usagef("%s: a %% must be followed by two hexadecimal digits; a percent sign itself is %%25", quote(s))
		}
		b.WriteByte(fromHex(s[i+1])<<4 | fromHex(s[i+2]))
		i += 2
	}
	return b.String(), nil
}

// EncodeKey writes a key for an address on a command line: what must not reach
// a terminal, blanks, percent signs and the bytes of also become %XX. DecodeKey
// reverses it.
func EncodeKey(key, also string) string {
	var b strings.Builder
	var at printable.Place
	for i := 0; i < len(key); {
		r, n := utf8.DecodeRuneInString(key[i:])
		plain := at.Shows(r, n) && r != ' ' && r != '%'
		if plain && !strings.ContainsRune(also, r) {
			b.WriteRune(r)
		} else {
			for _, c := range []byte(key[i : i+n]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
		i += n
	}
	return b.String()
}

// EncodeForShell writes a key for an address so that no shell acts on anything
// in it, quoted or not: everything except letters, digits and a few signs of
// ASCII becomes %XX. DecodeKey reverses it.
func EncodeForShell(key string) string {
	var b strings.Builder
	for _, c := range []byte(key) {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', strings.IndexByte("_./:=@+,-", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// fromHex returns the value of a digit that isHex.
func fromHex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}

// clean returns what a person typed, safe for a terminal.
func clean(s string) string { return printable.String(s) }

// quote quotes what a person typed, safe for a terminal.
func quote(s string) string { return `"` + printable.String(s) + `"` }
