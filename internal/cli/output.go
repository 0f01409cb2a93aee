package cli

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"kvist/internal/printable"
	"kvist/kv"
)

// printer writes results: for a person with everything unprintable escaped, for
// a program byte for byte.
type printer struct {
	*bufio.Writer
	root   string // the directory that keys are named relative to
	person bool   // a terminal reads it
	json   bool   // one object a line
	null   bool   // a zero byte ends each name, so that a name may hold any other byte
}

// printer returns where a command's results go. It prints the keys of t
// relative to its address or profile.
func (p *Program) printer(t *target, asJSON bool) *printer {
	return &printer{Writer: bufio.NewWriter(p.Stdout), root: t.root, person: isTerminal(p.Stdout), json: asJSON}
}

// below returns a key relative to the address or profile.
func (w *printer) below(key string) string { return strings.TrimPrefix(key, w.root) }

// name returns a key for a line of output, with nothing in it that starts
// another line or an escape sequence.
func (w *printer) name(key string) string {
	if w.null && !w.person {
		return w.below(key)
	}
	return printable.Name(w.below(key))
}

// record returns a record of a key.
func (w *printer) record(key string) record { return newRecord(w.below(key)) }

// record is one line of --json. Unknown fields are left out.
type record struct {
	Key         string   `json:"key"`
	KeyEncoding string   `json:"key_encoding,omitempty"` // "base64" if the key is not UTF-8
	Value       *string  `json:"value,omitempty"`
	Encoding    string   `json:"encoding,omitempty"` // "base64" if the value is not UTF-8
	Index       uint64   `json:"index,omitempty"`
	Size        *int     `json:"size,omitempty"`
	Flags       []string `json:"flags,omitempty"`
	Kind        string   `json:"kind,omitempty"`
	Time        string   `json:"time,omitempty"`
}

// newRecord returns a record of a name.
func newRecord(name string) record {
	var r record
	r.Key, r.KeyEncoding = encodeText([]byte(name))
	return r
}

// value adds the value, and its size.
func (r record) value(value []byte) record {
	text, encoding := encodeText(value)
	r.Value, r.Encoding = &text, encoding
	return r.size(len(value))
}

// size adds the size of the value; a negative one is unknown.
func (r record) size(n int) record {
	if n >= 0 {
		r.Size = &n
	}
	return r
}

// encodeText returns b as JSON can hold it without loss, and the encoding.
func encodeText(b []byte) (text, encoding string) {
	if utf8.Valid(b) {
		return string(b), ""
	}
	return base64.StdEncoding.EncodeToString(b), "base64"
}

// object writes one line of JSON without any byte that a terminal acts on:
// unprintable characters are escaped as JSON does, \uXXXX (RFC 8259, 7).
func (w *printer) object(v any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	line := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	for len(line) > 0 {
		r, n := utf8.DecodeRune(line)
		var err error
		switch {
		case printable.Rune(r):
			_, err = w.Write(line[:n])
		case r > 0xffff:
			_, err = fmt.Fprintf(w, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		default:
			_, err = fmt.Fprintf(w, `\u%04x`, r)
		}
		if err != nil {
			return err
		}
		line = line[n:]
	}
	return w.WriteByte('\n')
}

// text writes a value for a person: its lines and tabs stay, everything else
// unprintable is escaped.
func (w *printer) text(value []byte) error {
	lines := strings.Split(strings.TrimSuffix(string(value), "\n"), "\n")
	for _, line := range lines {
		cells := strings.Split(line, "\t")
		for i := range cells {
			cells[i] = printable.String(cells[i])
		}
		if _, err := fmt.Fprintln(w, strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	return nil
}

// flagNames returns a key's marks in words.
func flagNames(flags kv.KeyFlags) []string {
	var names []string
	for _, f := range []struct {
		flag kv.KeyFlags
		name string
	}{{kv.Ephemeral, "ephemeral"}, {kv.Leased, "leased"}, {kv.Locked, "locked"}, {kv.Directory, "directory"}} {
		if flags&f.flag != 0 {
			names = append(names, f.name)
		}
	}
	return names
}

// maxInput bounds the size in bytes of a value that is read; no store takes one
// nearly as large.
const maxInput = 64 << 20

// readValue reads the value for a write from a file, or from standard input.
func (p *Program) readValue(file, key string) ([]byte, error) {
	from := p.Stdin
	if file != "" && file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return nil, usagef("the value cannot be read: %s", err)
		}
		defer opened.Close()
		from = opened
	} else if isTerminal(p.Stdin) {
		p.warn("reading the value from the terminal; ctrl+d on a line of its own ends it")
	}
	value, err := io.ReadAll(io.LimitReader(from, maxInput+1))
	if err != nil {
		return nil, usagef("the value cannot be read: %s", err)
	}
	if len(value) > maxInput {
		return nil, &kv.Error{Op: "put", Key: key, Kind: kv.ErrTooLarge}
	}
	return value, nil
}
