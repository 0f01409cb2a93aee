package export

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"kvist/internal/printable"
)

// Names of files. A key is a path; each part of it becomes a directory or file
// of the same name, as far as file systems hold it. A percent sign and two
// hexadecimal digits stand for a byte that they do not. These are names of
// their own, which no part of a key becomes:
const (
	metaName  = "%kvist.jsonl" // what keys have besides values
	valueName = "%"            // the value of a key that is a directory too
	emptyName = "%%"           // an empty part
	goesOn    = "%+"           // at the end of a directory's name: the part goes on in it
)

// pieceMax is the most bytes of a file's name, of 255 that file systems take.
const pieceMax = 200

// fileNames returns the path of the file for a key, as its parts. folder says
// that there are keys below it.
func fileNames(key string, folder bool) []string {
	var names []string
	for part := range strings.SplitSeq(key, "/") {
		if part == "" {
			names = append(names, emptyName)
			continue
		}
		names = append(names, pieces(escapePart(part))...)
	}
	if folder {
		names = append(names, valueName)
	}
	return names
}

// pieces cuts a name that is too long into names of directories and a last one.
func pieces(name string) []string {
	var list []string
	for len(name) > pieceMax {
		n := pieceMax
		for strings.Contains(name[n-2:n], "%") || !utf8.RuneStart(name[n]) {
			n-- // an escape and a character stay whole
		}
		list = append(list, name[:n]+goesOn)
		name = name[n:]
	}
	return append(list, name)
}

// escapePart returns a part of a key as a file may be called, on any system. A
// dot at the beginning is escaped too: nothing in a store makes a .git.
func escapePart(part string) string {
	var b strings.Builder
	for i := 0; i < len(part); {
		r, n := utf8.DecodeRuneInString(part[i:])
		bad := r == utf8.RuneError && n < 2 || !printable.Rune(r) || strings.ContainsRune(`%\:*?"<>|`, r)
		edge := i == 0 && strings.ContainsRune(". -", r) || i+n == len(part) && strings.ContainsRune(". ", r)
		if bad || edge {
			for _, by := range []byte(part[i : i+n]) {
				fmt.Fprintf(&b, "%%%02X", by)
			}
		} else {
			b.WriteString(part[i : i+n])
		}
		i += n
	}
	return b.String()
}

// errName says that a file has a name that no key becomes.
var errName = errors.New("a percent sign in the name of a file stands before two hexadecimal digits")

// keyOf is the inverse of fileNames.
func keyOf(names []string) (string, error) {
	var parts []string
	open := ""
	for i, name := range names {
		if name == valueName && i == len(names)-1 && i > 0 {
			break
		}
		if name == emptyName {
			name = ""
		}
		if piece, more := strings.CutSuffix(name, goesOn); more {
			open += piece
			continue
		}
		part, err := unescapePart(open + name)
		if err != nil {
			return "", err
		}
		parts, open = append(parts, part), ""
	}
	return strings.Join(parts, "/"), nil
}

// unescapePart is the inverse of escapePart.
func unescapePart(name string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] != '%' {
			b.WriteByte(name[i])
			continue
		}
		if i+2 >= len(name) {
			return "", errName
		}
		by, err := strconv.ParseUint(name[i+1:i+3], 16, 8)
		if err != nil {
			return "", errName
		}
		b.WriteByte(byte(by))
		i += 2
	}
	return b.String(), nil
}
