package journal

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"kvist/kv"
)

// appendRecord appends the line of a record, as appendLine would. Plans write
// a hundred thousand of them at once, which encoding/json takes several times
// as long for.
func appendRecord(b []byte, r *Record) []byte {
	b = append(b, `{"v":`...)
	b = strconv.AppendInt(b, version, 10)
	b = append(b, `,"time":"`...)
	b = r.Time.AppendFormat(b, time.RFC3339Nano)
	b = append(b, '"')
	b = appendText(b, "id", r.ID)
	b = appendText(b, "plan", r.Plan)
	b = appendText(b, "op", r.Op)
	b = appendText(b, "undoes", r.Undoes)
	if r.Redo {
		b = append(b, `,"redo":true`...)
	}
	if utf8.ValidString(r.Key) {
		b = appendText(b, "key", r.Key)
	} else {
		b = appendBytes(b, "key64", []byte(r.Key))
	}
	if utf8.ValidString(r.Other) {
		b = appendText(b, "other", r.Other)
	} else {
		b = appendBytes(b, "other64", []byte(r.Other))
	}
	b = appendState(b, "before", r.Before, r.Hidden)
	b = appendState(b, "after", r.After, r.Hidden)
	return append(b, '}', '\n')
}

// about returns how long the record's line will be, if little of it is escaped.
func (r *Record) about() int {
	n := 200 + len(r.Plan) + len(r.Key) + len(r.Other)
	for _, s := range []*kv.Node{r.Before, r.After} {
		if s != nil {
			n += 100 + len(s.Value)
		}
	}
	return n
}

// appendState appends the field name with a state, if there is one, with a digest in
// place of a value that is hidden.
func appendState(b []byte, name string, s *kv.Node, hidden bool) []byte {
	if s == nil {
		return b
	}
	b = appendName(b, name)
	b = append(b, '{')
	start := len(b)
	switch {
	case hidden:
		b = appendText(b, "sha256", Sum(s.Value))
		b = appendNumber(b, "size", uint64(len(s.Value)))
	case utf8.Valid(s.Value):
		b = appendQuoted(appendName(b, "value"), s.Value)
	default:
		b = appendBytes(b, "value64", s.Value)
	}
	if s.Index != 0 {
		b = appendNumber(b, "index", s.Index)
	}
	if s.Flags != 0 {
		b = appendNumber(b, "flags", s.Flags)
	}
	if s.Type != kv.PlainNode {
		b = appendText(b, "type", s.Type.String())
	}
	b = appendText(b, "owner", s.Owner)
	if s.TTL > 0 {
		b = appendText(b, "ttl", s.TTL.String())
		b = appendText(b, "left", s.Left.String())
	}
	if len(s.ACL) > 0 {
		acl, _ := json.Marshal(s.ACL) // strings, which cannot fail
		b = append(appendName(b, "acl"), acl...)
	}
	if len(b) > start { // no comma before the first field
		b = append(b[:start], b[start+1:]...)
	}
	return append(b, '}')
}

// appendName appends the name of a field.
func appendName(b []byte, name string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

// appendText appends the field name with a text, unless that is empty.
func appendText(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	return appendQuoted(appendName(b, name), text)
}

func appendNumber(b []byte, name string, n uint64) []byte {
	return strconv.AppendUint(appendName(b, name), n, 10)
}

func appendBytes(b []byte, name string, data []byte) []byte {
	b = append(appendName(b, name), '"')
	b = base64.StdEncoding.AppendEncode(b, data)
	return append(b, '"')
}

// appendQuoted appends text as a JSON string (RFC 8259, section 7). What a
// terminal could take for a command is escaped too, so that a journal can be
// looked at with less and cat.
func appendQuoted[T string | []byte](b []byte, text T) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(string(text[i:min(len(text), i+utf8.UTFMax)]))
			if r == utf8.RuneError && size == 1 || r < 0xA0 || r == '\u2028' || r == '\u2029' {
				b = append(b, text[start:i]...)
				b = append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
				start = i + size
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
			i++
			continue
		}
		b = append(b, text[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	return append(append(b, text[start:]...), '"')
}
