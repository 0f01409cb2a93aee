package consulhttp

import (
	"bufio"
	"errors"
	"io"
)

// Entry is what a listing says of a key besides its value. It is good until the next one.
type Entry struct {
	Key     []byte
	Session []byte // the one that holds the key; empty for none
	Index   uint64 // ModifyIndex
	Size    int    // bytes of the value
}

// scanner reads an agent's answer to a listing as it comes, and keeps none of it. encoding/json
// takes longer to read one than the server to make it.
type scanner struct {
	r     *bufio.Reader
	entry Entry
	text  []byte // scratch
	depth int    // of what is skipped
	most  int    // letters of a value
}

// newScanner returns a scanner of an answer whose values have most bytes at the most.
func newScanner(r io.Reader, most int) *scanner {
	return &scanner{r: bufio.NewReaderSize(r, 64<<10), most: most/3*4 + 4}
}

// entries reads a list of pairs.
func (s *scanner) entries(each func(*Entry) error) error {
	return s.list(func() error {
		if err := s.readEntry(); err != nil {
			return err
		}
		return each(&s.entry)
	})
}

// results reads the answer to a transaction.
func (s *scanner) results(each func(*Entry)) error {
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

// names reads a list of names, each of which is good until the next one.
func (s *scanner) names(each func([]byte) error) error {
	return s.list(func() error {
		if err := s.expect('"'); err != nil {
			return err
		}
		name, err := s.str(s.entry.Key[:0])
		if err != nil {
			return err
		}
		s.entry.Key = name
		return each(name)
	})
}

// readEntry reads a pair into s.entry.
func (s *scanner) readEntry() error {
	e := &s.entry
	e.Key, e.Session, e.Index, e.Size = e.Key[:0], e.Session[:0], 0, 0
	return s.object(func(field string) (err error) {
		switch field {
		case "Key":
			e.Key, err = s.nullableString(e.Key)
		case "Session":
			e.Session, err = s.nullableString(e.Session)
		case "Value":
			e.Size, err = s.valueSize()
		case "ModifyIndex":
			e.Index, err = s.number()
		default:
			err = s.skip()
		}
		return err
	})
}

// fieldName returns the name of a field, or "" for one that is of no use. It saves a string for
// each.
func fieldName(name []byte) string {
	for _, known := range [...]string{"Key", "Value", "ModifyIndex", "Session", "Results", "KV"} {
		if string(name) == known {
			return known
		}
	}
	return ""
}

// list reads a list; element reads one of its elements. No text at all is an empty list.
func (s *scanner) list(element func() error) error {
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

// object reads an object; value reads the value of one of its fields.
func (s *scanner) object(value func(field string) error) error {
	return s.each('{', '}', func() error {
		if err := s.expect('"'); err != nil {
			return err
		}
		field, err := s.str(s.text[:0])
		s.text = field
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		return value(fieldName(field))
	})
}

// each reads what stands between open and end, separated by commas.
func (s *scanner) each(open, end byte, element func() error) error {
	if err := s.expect(open); err != nil {
		return err
	}
	switch c, err := s.peek(); {
	case err != nil:
		return cutShort(err)
	case c == end:
		return s.expect(end)
	}
	for {
		if err := element(); err != nil {
			return err
		}
		switch c, err := s.peek(); {
		case err != nil:
			return cutShort(err)
		case c == end:
			return s.expect(end)
		}
		if err := s.expect(','); err != nil {
			return err
		}
	}
}
