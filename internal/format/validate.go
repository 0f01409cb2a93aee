package format

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"kvist/internal/printable"
)

// Error says where and why a value is not valid in a format.
type Error struct {
	Format Format
	Line   int // from 1; 0 if the parser does not report it
	Column int // in characters, from 1; 0 if the parser does not report it
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

// Validate returns nil if a value is valid in a format, else an *Error whose
// reason is one printable line. Empty, Binary and Text are always valid. YAML
// above 64 KiB, TOML above 128 KiB and HCL above 16 KiB are not parsed and
// count as valid, and so does a value that takes a parser too long.
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

// tooLarge marks a value that was not parsed because of its size or the time it
// would take: nobody knows whether it is valid.
const tooLarge = "too large to be checked"

// tooDeep is the error about nesting that would only exhaust a parser.
const tooDeep = "nested too deeply"

// maxDepth is how many brackets may be open at once. Nobody writes so many, and
// recursive parsers are spared more.
const maxDepth = 200

// parsingTime bounds the wait for a parser. Some can be made to take quadratic
// time: a second for what would take a thousandth.
const parsingTime = time.Second / 4

// guard runs a tree-building parser on a value that it may be run on. A panic
// of the parser counts as an error: values come from strangers, and not all
// parsers were written for them. A parser that takes too long is left running.
func guard[T any](f Format, value []byte, parse func() (T, *Error)) (T, *Error) {
	var none T
	if len(value) > limit(f) {
		return none, &Error{Format: f, Reason: tooLarge}
	}
	if depth(value) > maxDepth {
		return none, &Error{Format: f, Reason: tooDeep}
	}
	return inTime(f, parse)
}

// inTime is guard for a value that a parser may be run on.
func inTime[T any](f Format, parse func() (T, *Error)) (T, *Error) {
	type parsed struct {
		found T
		err   *Error
	}
	done := make(chan parsed, 1)
	go func() {
		p := parsed{err: &Error{Format: f, Reason: "cannot be parsed"}} // unless it can
		defer func() {
			_ = recover()
			done <- p
		}()
		p.found, p.err = parse()
	}()
	limit := time.NewTimer(parsingTime)
	defer limit.Stop()
	select {
	case p := <-done:
		return p.found, p.err
	case <-limit.C:
		var none T
		return none, &Error{Format: f, Reason: tooLarge}
	}
}

// depth returns an upper bound of the nesting, without knowing the grammar: the
// most brackets that may be open at once, and the most sequence dashes in a
// row.
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

// reason makes a parser's message fit to be shown: the first line, printable.
func reason(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return printable.String(line)
}

// at returns the line and column of a byte offset.
func at(value []byte, offset int) (line, column int) {
	head := string(value[:max(0, min(offset, len(value)))])
	line = strings.Count(head, "\n") + 1
	return line, utf8.RuneCountInString(head[strings.LastIndexByte(head, '\n')+1:]) + 1
}
