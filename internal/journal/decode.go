package journal

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// decoder reads lines. What kvist itself writes of records and their ends it reads by hand, which
// takes a fifth of what encoding/json takes for it: a plan has a hundred thousand of them.
// Everything else is left to encoding/json.
type decoder struct {
	states [2]lineState // of the last line, before and after
	last   line         // whose texts are taken again where they are the same
	clock  []byte       // the text of the last time
	at     time.Time    // the last time
	buf    []byte       // a text without its escapes
}

// decode reads a line into l, which is valid until the next one is read. It reports whether it is
// of a version that this program knows.
func (d *decoder) decode(text []byte, l *line) bool {
	*l = line{}
	s := scanner{rest: bytes.TrimRight(text, "\r\n")}
	if !d.object(&s, l) || len(s.rest) > 0 {
		*l = line{}
		if json.Unmarshal(text, l) != nil {
			return false
		}
	}
	d.last = *l
	return l.V >= 1 && l.V <= version
}

// object reads the fields of a line; false where it has others than a record or an end.
func (d *decoder) object(s *scanner, l *line) bool {
	for more := s.open(); more; more = s.more() {
		var ok bool
		switch string(s.name()) {
		case "v":
			var v uint64
			v, ok = s.number()
			l.V = int(min(v, version+1))
		case "time":
			ok = d.time(s, l)
		case "id":
			ok = d.text(s, &l.ID, "")
		case "plan":
			ok = d.text(s, &l.Plan, d.last.Plan)
		case "op":
			ok = d.text(s, &l.Op, d.last.Op)
		case "undoes":
			ok = d.text(s, &l.Undoes, "")
		case "redo":
			l.Redo, ok = true, s.skip("true")
		case "key":
			ok = d.text(s, &l.Key, "")
		case "key64":
			l.Key64, ok = d.base64(s)
		case "other":
			ok = d.text(s, &l.Other, "")
		case "other64":
			l.Other64, ok = d.base64(s)
		case "before":
			l.Before, ok = d.state(s, &d.states[0])
		case "after":
			l.After, ok = d.state(s, &d.states[1])
		case "end":
			ok = d.text(s, &l.End, "")
		case "count":
			l.Count, ok = s.number()
		case "outcome":
			ok = d.text(s, &l.Outcome, d.last.Outcome)
		case "index":
			l.Index, ok = s.number()
		case "error":
			ok = d.text(s, &l.Error, d.last.Error)
		case "late":
			l.Late, ok = true, s.skip("true")
		}
		if !ok {
			return false
		}
	}
	return s.ended
}

// state reads a state into l.
func (d *decoder) state(s *scanner, l *lineState) (*lineState, bool) {
	*l = lineState{}
	for more := s.open(); more; more = s.more() {
		var ok bool
		switch string(s.name()) {
		case "value":
			l.raw, ok = d.value(s)
		case "value64":
			l.Value64, ok = d.base64(s)
		case "index":
			l.Index, ok = s.number()
		case "flags":
			l.Flags, ok = s.number()
		case "type":
			ok = d.text(s, &l.Type, "")
		case "owner":
			ok = d.text(s, &l.Owner, "")
		case "ttl":
			ok = d.text(s, &l.TTL, "")
		case "left":
			ok = d.text(s, &l.Left, "")
		case "acl":
			ok = d.list(s, &l.ACL)
		}
		if !ok {
			return nil, false
		}
	}
	ok := s.ended
	s.ended = false
	return l, ok
}

// list reads a list of texts.
func (d *decoder) list(s *scanner, list *[]string) bool {
	if !s.skip("[") {
		return false
	}
	for {
		var text string
		if !d.text(s, &text, "") {
			return false
		}
		*list = append(*list, text)
		switch {
		case s.skip("]"):
			return true
		case !s.skip(","):
			return false
		}
	}
}

// time reads the time of a line, which is often that of the line before.
func (d *decoder) time(s *scanner, l *line) bool {
	text, ok := s.text(&d.buf)
	if !ok {
		return false
	}
	if len(d.clock) > 0 && bytes.Equal(text, d.clock) {
		l.Time = d.at
		return true
	}
	if l.Time.UnmarshalText(text) != nil {
		return false
	}
	d.clock, d.at = append(d.clock[:0], text...), l.Time
	return true
}

// text reads a text; same is one that it may be equal to.
func (d *decoder) text(s *scanner, into *string, same string) bool {
	text, ok := s.text(&d.buf)
	if !ok {
		return false
	}
	if string(text) == same {
		*into = same
	} else {
		*into = string(text)
	}
	return true
}

// value reads a text as the bytes of a value.
func (d *decoder) value(s *scanner) ([]byte, bool) {
	text, ok := s.text(&d.buf)
	return append(make([]byte, 0, len(text)), text...), ok
}

func (d *decoder) base64(s *scanner) ([]byte, bool) {
	text, ok := s.text(&d.buf)
	if !ok {
		return nil, false
	}
	data := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(data, text)
	return data[:n], err == nil
}

// scanner reads JSON without spaces.
type scanner struct {
	rest  []byte
	ended bool // an object ended well
}

// skip passes over what must come next.
func (s *scanner) skip(what string) bool {
	if len(s.rest) < len(what) || string(s.rest[:len(what)]) != what {
		return false
	}
	s.rest = s.rest[len(what):]
	return true
}

// open begins an object and reports whether it has fields.
func (s *scanner) open() bool {
	if !s.skip("{") {
		return false
	}
	s.ended = s.skip("}")
	return !s.ended
}

// more reports whether another field follows.
func (s *scanner) more() bool {
	s.ended = s.skip("}")
	return !s.ended && s.skip(",")
}

// name reads the name of a field; nil if there is none.
func (s *scanner) name() []byte {
	if !s.skip(`"`) {
		return nil
	}
	i := bytes.IndexByte(s.rest, '"')
	if i < 0 || i+1 >= len(s.rest) || s.rest[i+1] != ':' {
		return nil
	}
	name := s.rest[:i]
	s.rest = s.rest[i+2:]
	return name
}

// number reads a whole number.
func (s *scanner) number() (uint64, bool) {
	n := 0
	for n < len(s.rest) && s.rest[n] >= '0' && s.rest[n] <= '9' {
		n++
	}
	if n == 0 || n > 1 && s.rest[0] == '0' {
		return 0, false
	}
	number, err := strconv.ParseUint(string(s.rest[:n]), 10, 64)
	s.rest = s.rest[n:]
	return number, err == nil
}

// text reads a text, into buf if it has escapes. It is valid until buf is used again.
func (s *scanner) text(buf *[]byte) ([]byte, bool) {
	if !s.skip(`"`) {
		return nil, false
	}
	i := bytes.IndexByte(s.rest, '"')
	if i < 0 {
		return nil, false
	}
	plain := s.rest[:i]
	if bytes.IndexByte(plain, '\\') >= 0 {
		return s.escaped(buf)
	}
	s.rest = s.rest[i+1:]
	return plain, isText(plain)
}

// escaped reads a text that has escapes, from behind its first quote on.
func (s *scanner) escaped(buf *[]byte) ([]byte, bool) {
	b := (*buf)[:0]
	for {
		i := 0
		for i < len(s.rest) && s.rest[i] != '"' && s.rest[i] != '\\' {
			i++
		}
		if i+1 >= len(s.rest) || !isText(s.rest[:i]) {
			return nil, false
		}
		b = append(b, s.rest[:i]...)
		if s.rest[i] == '"' {
			s.rest = s.rest[i+1:]
			*buf = b
			return b, true
		}
		var ok bool
		if b, ok = s.escape(b, i+1); !ok {
			return nil, false
		}
	}
}

// escape appends what the escape at a place stands for, and passes over it. Half of a pair that
// stands for one character is left to encoding/json.
func (s *scanner) escape(b []byte, at int) ([]byte, bool) {
	const short, means = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	c := s.rest[at]
	if i := strings.IndexByte(short, c); i >= 0 {
		s.rest = s.rest[at+1:]
		return append(b, means[i]), true
	}
	if c != 'u' || at+5 > len(s.rest) {
		return b, false
	}
	r, err := strconv.ParseUint(string(s.rest[at+1:at+5]), 16, 16)
	if err != nil || utf16.IsSurrogate(rune(r)) {
		return b, false
	}
	s.rest = s.rest[at+5:]
	return utf8.AppendRune(b, rune(r)), true
}

// isText reports whether JSON may have text as it is.
func isText(text []byte) bool {
	ascii := true
	for _, c := range text {
		if c < ' ' {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return ascii || utf8.Valid(text)
}
