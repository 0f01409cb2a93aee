package journal

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// appendRecord appends the line of a record, as appendLine would. Plans write
// a hundred thousand of them at once, which encoding/json takes several times
// as long for.
func appendRecord(b []byte, r *Record) []byte {
	l := recordLine(r)
	b = append(b, `{"v":`...)
	b = strconv.AppendInt(b, version, 10)
	b = append(b, `,"time":"`...)
	b = l.Time.AppendFormat(b, time.RFC3339Nano)
	b = append(b, '"')
	b = appendText(b, "id", l.ID)
	b = appendText(b, "plan", l.Plan)
	b = appendText(b, "op", l.Op)
	b = appendText(b, "undoes", l.Undoes)
	if l.Redo {
		b = append(b, `,"redo":true`...)
	}
	b = appendText(b, "key", l.Key)
	if l.Key64 != nil {
		b = appendBytes(b, "key64", l.Key64)
	}
	b = appendState(b, "before", l.Before)
	b = appendState(b, "after", l.After)
	return append(b, '}', '\n')
}

// appendState appends the field name with a state, if there is one.
func appendState(b []byte, name string, s *lineState) []byte {
	if s == nil {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':', '{')
	start := len(b)
	if s.Value != nil {
		b = append(b, `,"value":`...)
		b = appendQuoted(b, *s.Value)
	}
	if s.Value64 != nil {
		b = appendBytes(b, "value64", s.Value64)
	}
	b = appendText(b, "sha256", s.Digest)
	if s.Size != nil {
		b = appendNumber(b, "size", uint64(*s.Size))
	}
	if s.Index != 0 {
		b = appendNumber(b, "index", s.Index)
	}
	if s.Flags != 0 {
		b = appendNumber(b, "flags", s.Flags)
	}
	b = appendText(b, "type", s.Type)
	b = appendText(b, "owner", s.Owner)
	b = appendText(b, "ttl", s.TTL)
	b = appendText(b, "left", s.Left)
	if len(s.ACL) > 0 {
		acl, _ := json.Marshal(s.ACL) // strings, which cannot fail
		b = append(append(b, `,"acl":`...), acl...)
	}
	if len(b) > start { // no comma before the first field
		b = append(b[:start], b[start+1:]...)
	}
	return append(b, '}')
}

// appendText appends the field name with a text, unless that is empty.
func appendText(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return appendQuoted(b, text)
}

func appendNumber(b []byte, name string, n uint64) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return strconv.AppendUint(b, n, 10)
}

func appendBytes(b []byte, name string, data []byte) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':', '"')
	b = base64.StdEncoding.AppendEncode(b, data)
	return append(b, '"')
}

// appendQuoted appends text as a JSON string (RFC 8259, section 7). What a
// terminal could take for a command is escaped too, so that a journal can be
// looked at with less and cat.
func appendQuoted(b []byte, text string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(text[i:])
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
