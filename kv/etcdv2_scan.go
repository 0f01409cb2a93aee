package kv

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
)

// errEtcdListing says that a listing is not what the v2 API sends.
var errEtcdListing = errors.New("the listing is not one of the v2 API")

// errEtcdHalf says that a listing broke off after part of it was told.
var errEtcdHalf = errors.New("the listing broke off")

// etcdDepthMax bounds how deep a listing may be nested.
const etcdDepthMax = 10_000

// etcdBare is a node without its value.
type etcdBare struct {
	path   string
	dir    bool
	leased bool
	size   int // of the value
	index  uint64
}

// etcdScan reads a listing node by node while it comes: the document is one
// object with objects in it, and need not be in memory as a whole.
type etcdScan struct {
	in    *bufio.Reader
	raw   []byte // of the string read last
	depth int
}

func newEtcdScan(in io.Reader) *etcdScan { return &etcdScan{in: bufio.NewReaderSize(in, 64<<10)} }

// nodes gives all nodes of an answer to see, a directory after what is in it.
func (s *etcdScan) nodes(see func(etcdBare) error) error {
	return s.object(func(name string) error {
		if name == "node" {
			return s.node(see)
		}
		return s.skip()
	})
}

func (s *etcdScan) node(see func(etcdBare) error) error {
	var n etcdBare
	err := s.object(func(name string) (err error) {
		switch name {
		case "key":
			n.path, err = s.text()
		case "value":
			n.size, err = s.textSize()
		case "dir":
			n.dir, err = true, s.skip() // it is there only when it is true
		case "expiration":
			n.leased, err = true, s.skip()
		case "modifiedIndex":
			n.index, err = s.number()
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

// object reads an object; field reads the value of each of its fields.
func (s *etcdScan) object(field func(name string) error) error {
	return s.list('{', '}', func() error {
		name, err := s.text()
		if err != nil {
			return err
		}
		if c, err := s.next(); err != nil || c != ':' {
			return orListing(err)
		}
		return field(name)
	})
}

func (s *etcdScan) array(element func() error) error { return s.list('[', ']', element) }

// list reads things between brackets, parted by commas.
func (s *etcdScan) list(from, to byte, thing func() error) error {
	s.depth++
	defer func() { s.depth-- }()
	if s.depth > etcdDepthMax {
		return errEtcdListing
	}
	if c, err := s.next(); err != nil || c != from {
		return orListing(err)
	}
	c, err := s.next()
	if err != nil || c == to {
		return err
	}
	_ = s.in.UnreadByte() // it was just read
	for {
		if err := thing(); err != nil {
			return err
		}
		switch c, err := s.next(); {
		case err != nil:
			return err
		case c == to:
			return nil
		case c != ',':
			return errEtcdListing
		}
	}
}

// next is the next byte that is not space. An answer must not end before it is
// whole.
func (s *etcdScan) next() (byte, error) {
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
func (s *etcdScan) quoted() error {
	if c, err := s.next(); err != nil || c != '"' {
		return orListing(err)
	}
	s.raw = s.raw[:0]
	for {
		part, err := s.in.ReadSlice('"')
		if s.raw = append(s.raw, part...); len(s.raw) > etcdTextMax {
			return errEtcdListing
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
func (s *etcdScan) text() (string, error) {
	if err := s.quoted(); err != nil {
		return "", err
	}
	if !slices.Contains(s.raw, '\\') {
		return string(s.raw), nil
	}
	var text string
	if json.Unmarshal(slices.Concat([]byte{'"'}, s.raw, []byte{'"'}), &text) != nil {
		return "", errEtcdListing
	}
	return text, nil
}

// textSize reads a string for its size.
func (s *etcdScan) textSize() (int, error) {
	if err := s.quoted(); err != nil {
		return 0, err
	}
	if !slices.Contains(s.raw, '\\') {
		return len(s.raw), nil
	}
	var text string
	if json.Unmarshal(slices.Concat([]byte{'"'}, s.raw, []byte{'"'}), &text) != nil {
		return 0, errEtcdListing
	}
	return len(text), nil
}

// number reads a number that counts something.
func (s *etcdScan) number() (uint64, error) {
	word, err := s.word()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(word, 10, 64)
	if err != nil {
		return 0, errEtcdListing
	}
	return n, nil
}

// word reads what is not in quotes or brackets.
func (s *etcdScan) word() (string, error) {
	var word []byte
	for c, err := s.next(); ; c, err = s.in.ReadByte() {
		switch {
		case err != nil:
			return "", io.ErrUnexpectedEOF
		case c == ',' || c == '}' || c == ']' || c <= ' ':
			return string(word), s.in.UnreadByte()
		}
		if word = append(word, c); len(word) > 64 {
			return "", errEtcdListing
		}
	}
}

// skip reads a value and forgets it.
func (s *etcdScan) skip() error {
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

// orListing is err, or that the listing is not well formed.
func orListing(err error) error {
	if err == nil {
		return errEtcdListing
	}
	return err
}
