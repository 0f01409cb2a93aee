package format

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"kvist/internal/printable"
)

// Error says where and why a value is not valid in a format.
type Error struct {
	Format Format
	Line   int // from 1; 0 when the parser does not say
	Column int // in characters, from 1; 0 when the parser does not say
	Reason string
}

func (e *Error) Error() string {
	switch {
	case e.Line == 0:
		return fmt.Sprintf("%s: %s", e.Format, e.Reason)
	case e.Column == 0:
		return fmt.Sprintf("%s: line %d: %s", e.Format, e.Line, e.Reason)
	default:
		return fmt.Sprintf("%s: line %d, column %d: %s", e.Format, e.Line, e.Column, e.Reason)
	}
}

// Validate tells whether a value is valid in a format: nil, or an *Error whose
// reason is one printable line. Empty, Binary and Text are always valid.
// YAML above 64 KiB, TOML above 128 KiB and HCL above 16 KiB are not looked at
// and count as valid.
func Validate(f Format, value []byte) error {
	var err *Error
	switch f {
	case JSON:
		err = validateJSON(value)
	case XML:
		err = validateXML(value)
	case TOML:
		_, err = tomlEntries(value)
	case HCL:
		_, err = hclBlocks(value)
	case YAML:
		_, err = yamlRoot(value)
	case Properties:
		err = validateProperties(value)
	default:
		return nil
	}
	if err == nil || err.Reason == tooLarge {
		return nil
	}
	return err
}

// tooLarge marks a value that was not parsed because of its size: neither
// known to be valid nor to be wrong.
const tooLarge = "too large to be checked"

// tooDeep is what is said of nesting that would only exhaust a parser.
const tooDeep = "nested too deeply"

// maxDepth is how many brackets may be open at once. No one writes so many;
// recursive parsers are not asked to follow more.
const maxDepth = 200

// guard runs a tree-building parser on a value it may be run on. A panic of
// the parser is a refusal: values come from strangers, and the parsers were
// not all written for them.
func guard(f Format, value []byte, parse func() *Error) (err *Error) {
	if len(value) > limit(f) {
		return &Error{Format: f, Reason: tooLarge}
	}
	if depth(value) > maxDepth {
		return &Error{Format: f, Reason: tooDeep}
	}
	defer func() {
		if r := recover(); r != nil {
			err = &Error{Format: f, Reason: "cannot be parsed"}
		}
	}()
	return parse()
}

// depth is the most brackets that may be open at once, and the most sequence
// dashes in a row: an upper bound of the nesting on one line, taken without
// knowing the grammar.
func depth(value []byte) int {
	open, dashes, most := 0, 0, 0
	for _, c := range value {
		switch c {
		case '[', '{', '(':
			open++
		case ']', '}', ')':
			open = max(0, open-1)
		case '-', '?', ':', '!':
			dashes++
		case ' ':
		default:
			dashes = 0
		}
		most = max(most, open, dashes)
	}
	return most
}

// reason makes a parser's words fit to be shown: the first line, printable.
func reason(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return printable.String(line)
}

// at is the line and column of a byte offset.
func at(value []byte, offset int) (line, column int) {
	head := string(value[:max(0, min(offset, len(value)))])
	line = strings.Count(head, "\n") + 1
	return line, utf8.RuneCountInString(head[strings.LastIndexByte(head, '\n')+1:]) + 1
}
