package kv

import (
	"bufio"
	"errors"
	"io"
)

// consulEntry is what a listing says of a key besides its value. It is the
// scanner's, and good until the next one.
type consulEntry struct {
	key     []byte
	session []byte // of who holds it
	index   uint64 // ModifyIndex
	size    int    // bytes of the value
}

// consulScanner reads an agent's answer to a listing as it comes, without
// keeping any of it. encoding/json takes longer to read one than the server
// to make it.
type consulScanner struct {
	r     *bufio.Reader
	entry consulEntry
	text  []byte // scratch
	depth int    // of what is read over
	most  int    // letters that a value may have
}

// newConsulScanner is a scanner of answers whose values have no more bytes
// than most.
func newConsulScanner(r io.Reader, most int) *consulScanner {
	return &consulScanner{r: bufio.NewReaderSize(r, 64<<10), most: most/3*4 + 4}
}

// errNotList says that an answer is not what a listing looks like.
var errNotList = withKind(ErrBadAnswer, errors.New("an answer that is no list of keys"))

// entries reads a list of pairs and gives each to each.
func (s *consulScanner) entries(each func(*consulEntry) error) error {
	return s.list(func() error {
		if err := s.readEntry(); err != nil {
			return err
		}
		return each(&s.entry)
	})
}

// results reads what a transaction gave, and gives each key to each.
func (s *consulScanner) results(each func(*consulEntry)) error {
	return s.object(func(field string) error {
		if field != "Results" {
			return s.skip()
		}
		return s.list(func() error {
			return s.object(func(field string) error {
				if field != "KV" {
					return s.skip()
				}
				if err := s.readEntry(); err != nil {
					return err
				}
				each(&s.entry)
				return nil
			})
		})
	})
}

// names reads a list of names, which are good until the next one.
func (s *consulScanner) names(each func([]byte) error) error {
	return s.list(func() error {
		if err := s.want('"'); err != nil {
			return err
		}
		name, err := s.str(s.entry.key[:0])
		if err != nil {
			return err
		}
		s.entry.key = name
		return each(name)
	})
}

// list reads a list; element reads one of its elements. No text at all is an
// empty list.
func (s *consulScanner) list(element func() error) error {
	switch c, err := s.peek(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	case c == 'n':
		return s.skip()
	}
	return s.each('[', ']', element)
}

// each reads what stands between open and end, parted by commas.
func (s *consulScanner) each(open, end byte, element func() error) error {
	if err := s.want(open); err != nil {
		return err
	}
	switch c, err := s.peek(); {
	case err != nil:
		return cutShort(err)
	case c == end:
		return s.want(end)
	}
	for {
		if err := element(); err != nil {
			return err
		}
		switch c, err := s.peek(); {
		case err != nil:
			return cutShort(err)
		case c == end:
			return s.want(end)
		}
		if err := s.want(','); err != nil {
			return err
		}
	}
}

// object reads an object; value reads the value of one of its fields.
func (s *consulScanner) object(value func(field string) error) error {
	return s.each('{', '}', func() error {
		if err := s.want('"'); err != nil {
			return err
		}
		field, err := s.str(s.text[:0])
		s.text = field
		if err != nil {
			return err
		}
		if err := s.want(':'); err != nil {
			return err
		}
		return value(consulField(field))
	})
}

// consulField is the name of a field, "" for those that are of no use. It
// saves a string for each.
func consulField(name []byte) string {
	for _, known := range [...]string{"Key", "Value", "ModifyIndex", "Session", "Results", "KV"} {
		if string(name) == known {
			return known
		}
	}
	return ""
}

// readEntry reads a pair into s.entry.
func (s *consulScanner) readEntry() error {
	e := &s.entry
	e.key, e.session, e.index, e.size = e.key[:0], e.session[:0], 0, 0
	return s.object(func(field string) (err error) {
		switch field {
		case "Key":
			e.key, err = s.nullableString(e.key)
		case "Session":
			e.session, err = s.nullableString(e.session)
		case "Value":
			e.size, err = s.valueSize()
		case "ModifyIndex":
			e.index, err = s.number()
		default:
			err = s.skip()
		}
		return err
	})
}
