package consulhttp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// peek returns the next byte that is not a space, and leaves it to be read.
func (s *scanner) peek() (byte, error) {
	for {
		c, err := s.r.ReadByte()
		if err != nil {
			return 0, err
		}
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c, s.r.UnreadByte()
		}
	}
}

// expect reads the one byte that must come next.
func (s *scanner) expect(c byte) error {
	got, err := s.peek()
	if err != nil {
		return cutShort(err)
	}
	if got != c {
		return fmt.Errorf("%w: %q in the place of %q", errNotList, got, c)
	}
	_, err = s.r.Discard(1)
	return err
}

// cutShort returns err, or io.ErrUnexpectedEOF for an end that came too early.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// str reads the rest of a string after its opening quote, and appends its text to to.
func (s *scanner) str(to []byte) ([]byte, error) {
	from, escaped := len(to), false
	for {
		part, err := s.r.ReadSlice('"')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return to, cutShort(err)
		}
		if len(to)-from > wordMost {
			return to, tooLong("a name", wordMost)
		}
		escaped = escaped || bytes.IndexByte(part, '\\') >= 0
		to = append(to, part...)
		if err == nil && !escapedEnd(to[from:]) {
			break
		}
	}
	if !escaped {
		return to[:len(to)-1], nil
	}
	var text string
	if err := json.Unmarshal(append([]byte{'"'}, to[from:]...), &text); err != nil {
		return to, fmt.Errorf("%w: %w", errNotList, err)
	}
	return append(to[:from], text...), nil
}

// escapedEnd reports whether the quote at the end of text is part of the string.
func escapedEnd(text []byte) bool {
	slashes := 0
	for i := len(text) - 2; i >= 0 && text[i] == '\\'; i-- {
		slashes++
	}
	return slashes%2 == 1
}

// nullableString reads a string, or null for none.
func (s *scanner) nullableString(to []byte) ([]byte, error) {
	c, err := s.peek()
	if err != nil {
		return to, cutShort(err)
	}
	if c == 'n' {
		return to, s.skip()
	}
	if err := s.expect('"'); err != nil {
		return to, err
	}
	return s.str(to)
}

// valueSize reads a value in base64, or null, and returns how many bytes it has.
func (s *scanner) valueSize() (int, error) {
	c, err := s.peek()
	if err != nil {
		return 0, cutShort(err)
	}
	if c == 'n' {
		return 0, s.skip()
	}
	if err := s.expect('"'); err != nil {
		return 0, err
	}
	letters, padding := 0, 0
	for {
		part, err := s.r.ReadSlice('"')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return 0, cutShort(err)
		}
		if err == nil {
			part = part[:len(part)-1]
		}
		if letters += len(part); letters > s.most {
			return 0, tooLong("a value", s.most/4*3)
		}
		padding += len(part) - len(bytes.TrimRight(part, "="))
		if err == nil {
			break
		}
	}
	if letters%4 != 0 || padding > 2 {
		return 0, fmt.Errorf("%w: a value that is not in base64", errNotList)
	}
	return letters/4*3 - padding, nil
}

// number reads a number of 0 or more.
func (s *scanner) number() (uint64, error) {
	text, err := s.word()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errNotList, err)
	}
	return n, nil
}

// word reads a number, or one of the words of JSON.
func (s *scanner) word() ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return nil, cutShort(err)
	}
	s.text = s.text[:0]
	for {
		c, err := s.r.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && len(s.text) > 0:
			return s.text, nil
		case err != nil:
			return nil, cutShort(err)
		}
		if c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' {
			return s.text, s.r.UnreadByte()
		}
		if s.text = append(s.text, c); len(s.text) > 32 {
			return nil, errNotList
		}
	}
}

// skip reads any value and forgets it.
func (s *scanner) skip() error {
	s.depth++
	if s.depth > depthMost {
		return fmt.Errorf("%w: nested deeper than %d", errNotList, depthMost)
	}
	defer func() { s.depth-- }()
	c, err := s.peek()
	switch {
	case err != nil:
		return cutShort(err)
	case c == '"':
		if err := s.expect('"'); err != nil {
			return err
		}
		s.text, err = s.str(s.text[:0])
		return err
	case c == '[':
		return s.each('[', ']', s.skip)
	case c == '{':
		return s.object(func(string) error { return s.skip() })
	}
	_, err = s.word()
	return err
}
