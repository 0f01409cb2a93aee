package export

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"kvist/internal/printable"
	"kvist/kv"
)

// version is that of the format.
const version = 1

// maxLine bounds the bytes of a line; no store takes a value nearly as large.
const maxLine = 128 << 20

// headerLine is the first line of a file.
type headerLine struct {
	Kvist  string `json:"kvist"` // "export"
	V      int    `json:"v"`
	Store  string `json:"store,omitempty"`
	Prefix string `json:"prefix,omitempty"`
}

// errNoExport says that a file does not begin as an export does.
var errNoExport = errors.New(`it does not begin as an export of kvist: {"kvist":"export","v":1}, or kvist: export and v: 1 in YAML`)

// check returns why this is not the header of a file that can be read.
func (h *headerLine) check() error {
	switch {
	case h.Kvist != "export":
		return errNoExport
	case h.V != version:
		return fmt.Errorf("it is of version %d of the format, and this kvist reads %d", h.V, version)
	}
	return nil
}

// entryLine is an entry in JSON lines and in YAML, or the last line.
type entryLine struct {
	Key     *string  `json:"key,omitempty" yaml:"key"`
	Key64   *string  `json:"key64,omitempty" yaml:"key64"`
	Own     bool     `json:"own,omitempty" yaml:"own"`
	Type    string   `json:"type,omitempty" yaml:"type"`
	Value   *string  `json:"value,omitempty" yaml:"value"`
	Value64 *string  `json:"value64,omitempty" yaml:"value64"`
	Flags   uint64   `json:"flags,omitempty" yaml:"flags"`
	Owner   string   `json:"owner,omitempty" yaml:"owner"`
	TTL     string   `json:"ttl,omitempty" yaml:"ttl"`
	ACL     []string `json:"acl,omitempty" yaml:"acl"`
	End     *int     `json:"end,omitempty" yaml:"-"`
}

// newEntryLine returns an entry as it is written.
func newEntryLine(e *Entry) entryLine {
	n := e.Node
	l := entryLine{Own: e.Own, Flags: n.Flags, Owner: n.Owner, ACL: n.ACL}
	if !e.Own {
		l.Key, l.Key64 = text([]byte(e.Key))
	}
	if n.Type != kv.PlainNode {
		l.Type = n.Type.String()
	}
	if n.Type != kv.DirectoryNode {
		l.Value, l.Value64 = text(n.Value)
	}
	if n.TTL > 0 {
		l.TTL = n.TTL.String()
	}
	return l
}

// text returns bytes as text if they are UTF-8, else as base64.
func text(b []byte) (plain, encoded *string) {
	s := string(b)
	if utf8.ValidString(s) {
		return &s, nil
	}
	s = base64.StdEncoding.EncodeToString(b)
	return nil, &s
}

// untext is the inverse of text; what names the field.
func untext(what string, plain, encoded *string) ([]byte, error) {
	switch {
	case plain != nil && encoded != nil:
		return nil, fmt.Errorf("it has both a %s and a %s64", what, what)
	case plain != nil:
		return []byte(*plain), nil
	case encoded == nil:
		return nil, fmt.Errorf("it has no %s", what)
	}
	b, err := base64.StdEncoding.DecodeString(*encoded)
	if err != nil {
		return nil, fmt.Errorf("%s64 is not base64: %w", what, err)
	}
	return b, nil
}

// entry returns what a line says.
func (l *entryLine) entry() (*Entry, error) {
	e := &Entry{Own: l.Own, Node: &kv.Node{Flags: l.Flags, Owner: l.Owner, ACL: l.ACL, Value: []byte{}}}
	if !l.Own || l.Key != nil || l.Key64 != nil {
		key, err := untext("key", l.Key, l.Key64)
		if err != nil {
			return nil, err
		}
		e.Key = string(key)
	}
	if l.Own && e.Key != "" {
		return nil, errors.New("it is the prefix's own key and has a name besides")
	}
	var err error
	if e.Node.Type, err = nodeType(l.Type); err != nil {
		return nil, err
	}
	if e.Node.Type != kv.DirectoryNode {
		if e.Node.Value, err = untext("value", l.Value, l.Value64); err != nil {
			return nil, err
		}
	}
	if l.TTL != "" {
		if e.Node.TTL, err = time.ParseDuration(l.TTL); err != nil || e.Node.TTL <= 0 {
			return nil, fmt.Errorf("ttl is %q, and should be such as 30s", l.TTL)
		}
		e.Node.Left = -1
	}
	e.Node.Key = e.Key
	return e, nil
}

// nodeType is the inverse of NodeType.String.
func nodeType(name string) (kv.NodeType, error) {
	if name == "" {
		return kv.PlainNode, nil
	}
	for t := kv.PlainNode; t <= kv.TTLNode; t++ {
		if t.String() == name {
			return t, nil
		}
	}
	return kv.PlainNode, fmt.Errorf("there is no type %q", name)
}

// linesWriter writes JSON lines.
type linesWriter struct {
	out *bufio.Writer
	n   int
}

func newLines(out *bufio.Writer, h Header) (Writer, error) {
	w := &linesWriter{out: out}
	err := w.line(headerLine{Kvist: "export", V: version, Store: h.Store, Prefix: printable.Name(h.Prefix)})
	return w, err
}

// Write implements Writer.
func (w *linesWriter) Write(e *Entry) error {
	w.n++
	return w.line(newEntryLine(e))
}

// Close implements Writer.
func (w *linesWriter) Close() error {
	if err := w.line(entryLine{End: &w.n}); err != nil {
		return err
	}
	return w.out.Flush()
}

// line writes a line of JSON.
func (w *linesWriter) line(v any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	return writeEscaped(w.out, bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// writeEscaped writes a line of JSON without any byte that a terminal acts on:
// other characters are escaped as JSON does, \uXXXX (RFC 8259, 7).
func writeEscaped(out *bufio.Writer, line []byte) error {
	for len(line) > 0 {
		i := 0
		for i < len(line) && line[i] >= ' ' && line[i] < 0x7f {
			i++
		}
		if _, err := out.Write(line[:i]); err != nil {
			return err
		}
		if line = line[i:]; len(line) == 0 {
			break
		}
		r, n := utf8.DecodeRune(line)
		var err error
		switch {
		case printable.Rune(r):
			_, err = out.Write(line[:n])
		case r > 0xffff:
			_, err = fmt.Fprintf(out, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		default:
			_, err = fmt.Fprintf(out, `\u%04x`, r)
		}
		if err != nil {
			return err
		}
		line = line[n:]
	}
	return out.WriteByte('\n')
}

// linesReader reads JSON lines.
type linesReader struct {
	in     *bufio.Reader
	header Header
	line   int
	n      int
	done   bool
}

func readLines(in *bufio.Reader) (Reader, error) {
	r := &linesReader{in: in}
	line, err := r.next()
	if err != nil {
		return nil, cutOff(err)
	}
	var h headerLine
	if json.Unmarshal(line, &h) != nil {
		return nil, &LineError{1, errNoExport}
	}
	if err := h.check(); err != nil {
		return nil, &LineError{1, err}
	}
	r.header = Header{Store: h.Store, Prefix: h.Prefix}
	return r, nil
}

// Header implements Reader.
func (r *linesReader) Header() Header { return r.header }

// next returns the next line that is not empty. A line without a line end is
// one that was cut off, unless it is whole JSON.
func (r *linesReader) next() ([]byte, error) {
	for {
		var line []byte
		for {
			part, err := r.in.ReadSlice('\n')
			line = append(line, part...)
			if len(line) > maxLine {
				return nil, &LineError{r.line + 1, fmt.Errorf("it is longer than %d bytes", maxLine)}
			}
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if err != nil && !(errors.Is(err, io.EOF) && len(line) > 0) {
				return nil, err
			}
			break
		}
		r.line++
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
	}
}

// Next implements Reader.
func (r *linesReader) Next() (*Entry, error) {
	line, err := r.next()
	switch {
	case r.done && err == nil:
		return nil, &LineError{r.line, errors.New("there is more after the last line")}
	case r.done:
		return nil, err
	case err != nil:
		return nil, cutOff(err)
	}
	e, err := r.parse(line)
	if err != nil {
		if !json.Valid(line) {
			if _, more := r.in.Peek(1); more != nil {
				return nil, fmt.Errorf("line %d: %w", r.line, ErrCutOff)
			}
		}
		return nil, &LineError{r.line, err}
	}
	if e == nil {
		return r.Next() // only EOF may follow
	}
	return e, nil
}

// parse returns the entry of a line; nil for the last line.
func (r *linesReader) parse(line []byte) (*Entry, error) {
	var l entryLine
	if err := strictJSON(line, &l); err != nil {
		return nil, err
	}
	if l.End != nil {
		if *l.End != r.n {
			return nil, fmt.Errorf("the file has %d keys, and its last line says %d: %w", r.n, *l.End, ErrCutOff)
		}
		r.done = true
		return nil, nil //nolint:nilnil // the last line has no entry
	}
	r.n++
	return l.entry()
}

// strictJSON decodes a line of JSON, and refuses what would be lost: unknown
// fields, and text that is not UTF-8, which the decoder replaces.
func strictJSON(line []byte, into *entryLine) error {
	if !utf8.Valid(line) {
		return errors.New("it is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one value in it")
	}
	written := bytes.Count(line, []byte("\ufffd")) + strings.Count(strings.ToLower(string(line)), `\ufffd`)
	decoded := 0
	for _, s := range []*string{into.Key, into.Value} {
		if s != nil {
			decoded += strings.Count(*s, "\ufffd")
		}
	}
	if decoded > written {
		return errors.New("it has half of a surrogate pair, which is no character")
	}
	return nil
}
