package export

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"kvist/internal/printable"
)

// maxYAML bounds the bytes of a file of YAML, which is read as a whole.
const maxYAML = 64 << 20

// yamlWriter writes YAML that lies well in a review: values of several lines
// stay so.
type yamlWriter struct {
	out *bufio.Writer
	n   int
}

func newYAML(out *bufio.Writer, h Header) (Writer, error) {
	_, err := fmt.Fprintf(out, "kvist: export\nv: %d\nstore: %s\nprefix: %s\nkeys:\n",
		version, yamlString(h.Store), yamlString(printable.Name(h.Prefix)))
	return &yamlWriter{out: out}, err
}

// Write implements Writer.
func (w *yamlWriter) Write(e *Entry) error {
	w.n++
	l := newEntryLine(e)
	var b strings.Builder
	field := func(name, value string) {
		lead := "  "
		if b.Len() == 0 {
			lead = "- "
		}
		fmt.Fprintf(&b, "%s%s: %s\n", lead, name, value)
	}
	if l.Own {
		field("own", "true")
	}
	for _, f := range []struct {
		name string
		text *string
	}{{"key", l.Key}, {"key64", l.Key64}} {
		if f.text != nil {
			field(f.name, yamlString(*f.text))
		}
	}
	if l.Type != "" {
		field("type", l.Type)
	}
	if l.Flags != 0 {
		field("flags", fmt.Sprint(l.Flags))
	}
	if l.Owner != "" {
		field("owner", yamlString(l.Owner))
	}
	if l.TTL != "" {
		field("ttl", yamlString(l.TTL))
	}
	if len(l.ACL) > 0 {
		quoted := make([]string, len(l.ACL))
		for i, acl := range l.ACL {
			quoted[i] = yamlString(acl)
		}
		field("acl", "["+strings.Join(quoted, ", ")+"]")
	}
	switch {
	case l.Value64 != nil:
		field("value64", yamlString(*l.Value64))
	case l.Value != nil:
		field("value", yamlValue(*l.Value))
	}
	_, err := w.out.WriteString(b.String())
	return err
}

// Close implements Writer.
func (w *yamlWriter) Close() error {
	if _, err := fmt.Fprintf(w.out, "end: %d\n", w.n); err != nil {
		return err
	}
	return w.out.Flush()
}

// yamlString returns text between double quotes, with everything escaped that is
// not plain (YAML 1.2.2, 7.3.1).
func yamlString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == ' ' || printable.Rune(r) && r < 0x10000:
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// yamlValue returns a value as a block of lines if it is plain text of several
// lines, else between quotes.
func yamlValue(s string) string {
	text, ended := strings.CutSuffix(s, "\n")
	lines := strings.Split(text, "\n")
	if len(lines) < 2 || lines[0] == "" || lines[len(lines)-1] == "" || strings.HasPrefix(lines[0], " ") {
		return yamlString(s)
	}
	var b strings.Builder
	b.WriteString("|")
	if !ended {
		b.WriteString("-")
	}
	for _, line := range lines {
		if strings.TrimRight(line, " ") != line || !plainLine(line) {
			return yamlString(s)
		}
		b.WriteString("\n")
		if line != "" {
			b.WriteString("    " + line)
		}
	}
	return b.String()
}

// plainLine reports whether a line can stand in a block as it is.
func plainLine(line string) bool {
	for _, r := range line {
		if r != ' ' && (!printable.Rune(r) || r == '\ufeff' || r > 0xffff) {
			return false
		}
	}
	return true
}

// yamlFile is a file of YAML.
type yamlFile struct {
	Kvist  string    `yaml:"kvist"`
	V      int       `yaml:"v"`
	Store  string    `yaml:"store"`
	Prefix string    `yaml:"prefix"`
	Keys   []yamlKey `yaml:"keys"`
	End    *int      `yaml:"end"`
}

// yamlKey is an entry, and the line where it begins.
type yamlKey struct {
	entryLine
	line int
}

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (k *yamlKey) UnmarshalYAML(node ast.Node) error {
	at := node
	if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 {
		at = m.Values[0].Key // the mapping's own token is the colon after it
	}
	k.line = at.GetToken().Position.Line
	return yaml.NodeToValue(node, &k.entryLine, yaml.DisallowUnknownField())
}

// yamlReader reads a file of YAML, which it holds as a whole.
type yamlReader struct {
	header Header
	keys   []yamlKey
	next   int
}

func readYAML(in io.Reader) (Reader, error) {
	text, err := io.ReadAll(io.LimitReader(in, maxYAML+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxYAML {
		return nil, fmt.Errorf("a file of YAML is read as a whole and may have %d bytes; use JSON lines", maxYAML)
	}
	var f yamlFile
	if err := yaml.UnmarshalWithOptions(text, &f, yaml.DisallowUnknownField()); err != nil {
		return nil, yamlError(err)
	}
	if err := (&headerLine{Kvist: f.Kvist, V: f.V}).check(); err != nil {
		return nil, &LineError{1, err}
	}
	if f.End == nil || *f.End != len(f.Keys) {
		return nil, ErrCutOff
	}
	return &yamlReader{header: Header{Store: f.Store, Prefix: f.Prefix}, keys: f.Keys}, nil
}

// yamlError returns the error of the library, which names line and column, as
// one line.
func yamlError(err error) error {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil {
		return &LineError{e.GetToken().Position.Line, errors.New(e.GetMessage())}
	}
	return errors.New(strings.SplitN(err.Error(), "\n", 2)[0])
}

// Header implements Reader.
func (r *yamlReader) Header() Header { return r.header }

// Next implements Reader.
func (r *yamlReader) Next() (*Entry, error) {
	if r.next == len(r.keys) {
		return nil, io.EOF
	}
	k := &r.keys[r.next]
	e, err := k.entry()
	r.next++
	if err != nil {
		return nil, &LineError{k.line, err}
	}
	return e, nil
}
