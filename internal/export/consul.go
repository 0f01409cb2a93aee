package export

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"kvist/internal/printable"
	"kvist/kv"
)

// consulEntry is an entry as consul kv export writes it.
type consulEntry struct {
	Key   string `json:"key"`
	Flags uint64 `json:"flags"`
	Value string `json:"value"` // base64
}

// errNotInJSON says that Consul's format has no name for a key: its JSON would hold another one.
var errNotInJSON = errors.New("the key is not UTF-8, which Consul's format cannot hold; export it in another one, such as jsonl")

// consulWriter writes what consul kv export does, byte for byte. Keys are named
// in full.
type consulWriter struct {
	out    *bufio.Writer
	header Header
	n      int
}

// Write implements Writer.
func (w *consulWriter) Write(e *Entry) error {
	if e.Node.Type == kv.DirectoryNode {
		return nil // a folder there is what keys below it begin with
	}
	key := w.header.full(e)
	if !utf8.ValidString(key) {
		return fmt.Errorf("%s: %w", printable.Name(key), errNotInJSON)
	}
	value := base64.StdEncoding.EncodeToString(e.Node.Value)
	b, err := json.MarshalIndent(consulEntry{key, e.Node.Flags, value}, "\t", "\t")
	if err != nil {
		return err
	}
	begin := ",\n\t"
	if w.n == 0 {
		begin = "[\n\t"
	}
	w.n++
	_, err = fmt.Fprintf(w.out, "%s%s", begin, b)
	return err
}

// Close implements Writer.
func (w *consulWriter) Close() error {
	end := "\n]\n"
	if w.n == 0 {
		end = "[]\n"
	}
	if _, err := w.out.WriteString(end); err != nil {
		return err
	}
	return w.out.Flush()
}

// consulReader reads what consul kv export wrote.
type consulReader struct {
	lines   *lineCounter
	decoder *json.Decoder
	done    bool
}

func readConsul(in *bufio.Reader) (Reader, error) {
	r := &consulReader{lines: &lineCounter{from: in, line: 1}}
	r.decoder = json.NewDecoder(r.lines)
	if _, err := r.decoder.Token(); err != nil {
		return nil, cutOff(r.at(err))
	}
	return r, nil
}

// Header implements Reader.
func (r *consulReader) Header() Header { return Header{Store: "Consul"} }

func (r *consulReader) at(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrCutOff
	}
	offset := r.decoder.InputOffset()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset = syntax.Offset
	}
	return &LineError{r.lines.at(offset), err}
}

// Next implements Reader.
func (r *consulReader) Next() (*Entry, error) {
	if r.done {
		return nil, io.EOF
	}
	if !r.decoder.More() {
		if _, err := r.decoder.Token(); err != nil {
			return nil, r.at(err)
		}
		if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
			return nil, &LineError{r.lines.at(r.decoder.InputOffset()), errors.New("there is more after the list")}
		}
		r.done = true
		return nil, io.EOF
	}
	var e struct {
		Key   *string `json:"key"`
		Flags uint64  `json:"flags"`
		Value []byte  `json:"value"`
	}
	if err := r.decoder.Decode(&e); err != nil {
		return nil, r.at(err)
	}
	r.lines.at(r.decoder.InputOffset()) // lines that are done with are forgotten
	if e.Key == nil {
		return nil, &LineError{r.lines.at(r.decoder.InputOffset()), errors.New("the entry that ends here has no key")}
	}
	if e.Value == nil {
		e.Value = []byte{}
	}
	return &Entry{Key: *e.Key, Node: &kv.Node{Key: *e.Key, Value: e.Value, Flags: e.Flags}}, nil
}

// lineCounter knows the line of a place that was read.
type lineCounter struct {
	from io.Reader
	read int64
	line int     // of the last place that was asked for
	ends []int64 // of lines after it
}

// Read implements io.Reader.
func (c *lineCounter) Read(b []byte) (int, error) {
	n, err := c.from.Read(b)
	for i, by := range b[:n] {
		if by == '\n' {
			c.ends = append(c.ends, c.read+int64(i))
		}
	}
	c.read += int64(n)
	return n, err
}

// at returns the line of a place. Places ascend.
func (c *lineCounter) at(offset int64) int {
	passed := 0
	for passed < len(c.ends) && c.ends[passed] < offset {
		passed++
	}
	c.line += passed
	c.ends = c.ends[passed:]
	return c.line
}
