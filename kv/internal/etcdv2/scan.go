package etcdv2

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"

	client "go.etcd.io/etcd/client/v2"
)

// depthMax bounds how deep an answer may be nested.
const depthMax = 10_000

// Entry is a node without its value.
type Entry struct {
	Path  string
	Dir   bool
	TTL   bool   // it ends by itself
	Size  int    // bytes of the value
	Index uint64 // of the last change
}

// EntryOf returns a node of the client library without its value.
func EntryOf(n *client.Node) Entry {
	return Entry{Path: n.Key, Dir: n.Dir, TTL: n.Expiration != nil, Size: len(n.Value), Index: n.ModifiedIndex}
}

// scanner reads a listing node by node while it arrives. The document is one object with objects
// in it, and need not fit into memory.
type scanner struct {
	in    *bufio.Reader
	raw   []byte // of the last string
	depth int
}

func newScanner(in io.Reader) *scanner { return &scanner{in: bufio.NewReaderSize(in, 64<<10)} }

// nodes calls see for each node of an answer, for a directory after the nodes in it.
func (s *scanner) nodes(see func(Entry) error) error {
	return s.object(func(name string) error {
		if name == "node" {
			return s.node(see)
		}
		return s.skip()
	})
}

func (s *scanner) node(see func(Entry) error) error {
	var n Entry
	err := s.object(func(name string) (err error) {
		switch name {
		case "key":
			n.Path, err = s.text()
		case "value":
			n.Size, err = s.textSize()
		case "dir":
			n.Dir, err = true, s.skip() // the server sends it only if it is true
		case "expiration":
			n.TTL, err = true, s.skip()
		case "modifiedIndex":
			n.Index, err = s.number()
		case "nodes":
			err = s.array(func() error { return s.node(see) })
		default:
			err = s.skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	return see(n)
}

// object reads an object. It calls field for the value of each field.
func (s *scanner) object(field func(name string) error) error {
	return s.elements('{', '}', func() error {
		name, err := s.text()
		if err != nil {
			return err
		}
		if c, err := s.next(); err != nil || c != ':' {
			return orBadListing(err)
		}
		return field(name)
	})
}

// array reads an array. It calls element for each element.
func (s *scanner) array(element func() error) error { return s.elements('[', ']', element) }

// elements reads elements between brackets, separated by commas.
func (s *scanner) elements(from, to byte, element func() error) error {
	s.depth++
	defer func() { s.depth-- }()
	if s.depth > depthMax {
		return ErrBadListing
	}
	if c, err := s.next(); err != nil || c != from {
		return orBadListing(err)
	}
	c, err := s.next()
	if err != nil || c == to {
		return err
	}
	_ = s.in.UnreadByte() // it follows a read, so it cannot fail
	for {
		if err := element(); err != nil {
			return err
		}
		switch c, err := s.next(); {
		case err != nil:
			return err
		case c == to:
			return nil
		case c != ',':
			return ErrBadListing
		}
	}
}

// next returns the next byte that is not space. An answer that ends before it is whole is an
// error.
func (s *scanner) next() (byte, error) {
	for {
		c, err := s.in.ReadByte()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil || c > ' ' {
			return c, err
		}
	}
}

// quoted reads a string into raw, as it is written between its quotes.
func (s *scanner) quoted() error {
	if c, err := s.next(); err != nil || c != '"' {
		return orBadListing(err)
	}
	s.raw = s.raw[:0]
	for {
		part, err := s.in.ReadSlice('"')
		if s.raw = append(s.raw, part...); len(s.raw) > textMax {
			return ErrBadListing
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return io.ErrUnexpectedEOF
		}
		bare := s.raw[:len(s.raw)-1]
		if (len(bare)-len(bytes.TrimRight(bare, `\`)))%2 == 0 {
			s.raw = bare
			return nil
		}
	}
}

// text reads a string.
func (s *scanner) text() (string, error) {
	if err := s.quoted(); err != nil {
		return "", err
	}
	if !slices.Contains(s.raw, '\\') {
		return string(s.raw), nil
	}
	return s.unescaped()
}

// textSize reads a string and returns its size in bytes.
func (s *scanner) textSize() (int, error) {
	if err := s.quoted(); err != nil {
		return 0, err
	}
	if !slices.Contains(s.raw, '\\') {
		return len(s.raw), nil
	}
	text, err := s.unescaped()
	return len(text), err
}

// unescaped returns the text of raw, in which there are escapes.
func (s *scanner) unescaped() (string, error) {
	var text string
	if json.Unmarshal(slices.Concat([]byte{'"'}, s.raw, []byte{'"'}), &text) != nil {
		return "", ErrBadListing
	}
	return text, nil
}

// number reads a number that is not negative.
func (s *scanner) number() (uint64, error) {
	word, err := s.word()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(word, 10, 64)
	if err != nil {
		return 0, ErrBadListing
	}
	return n, nil
}

// word reads a value that has neither quotes nor brackets.
func (s *scanner) word() (string, error) {
	var word []byte
	for c, err := s.next(); ; c, err = s.in.ReadByte() {
		switch {
		case err != nil:
			return "", io.ErrUnexpectedEOF
		case c == ',' || c == '}' || c == ']' || c <= ' ':
			return string(word), s.in.UnreadByte()
		}
		if word = append(word, c); len(word) > 64 {
			return "", ErrBadListing
		}
	}
}

// skip reads a value and forgets it.
func (s *scanner) skip() error {
	c, err := s.next()
	if err != nil {
		return err
	}
	if err := s.in.UnreadByte(); err != nil {
		return err
	}
	switch c {
	case '"':
		return s.quoted()
	case '{':
		return s.object(func(string) error { return s.skip() })
	case '[':
		return s.array(s.skip)
	}
	_, err = s.word()
	return err
}

// orBadListing returns err, or ErrBadListing if it is nil.
func orBadListing(err error) error {
	if err == nil {
		return ErrBadListing
	}
	return err
}
