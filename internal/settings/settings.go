package settings

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"kvist/internal/printable"
)

// maxFile bounds the size of a file in bytes: far more than anyone writes, and
// small enough to be read into memory.
const maxFile = 1 << 20

// byteOrderMark is what some editors write before a text in UTF-8.
const byteOrderMark = "\ufeff"

// Setting is one value of a file.
type Setting struct {
	Path   []string // the tables and the key: "keys", "tree", "cursor.down"
	Line   int      // from 1
	Column int      // of the key, from 1
	Value  any      // a string, an int, a bool, a []string, or Other
	Table  int      // the line of its table's header; 0 at the top of the file
}

// Other is the value of a setting of any other type.
type Other struct{}

// Error is a refused setting.
type Error struct {
	File   string
	Line   int    // from 1; 0 for the whole file
	Column int    // from 1; 0 for the whole line
	Key    string // as written in TOML; empty when the file cannot be parsed
	Reason string
}

func (e *Error) Error() string {
	where := printable.String(e.File)
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", where, e.Line)
	}
	if e.Column > 0 {
		where = fmt.Sprintf("%s:%d", where, e.Column)
	}
	if e.Key != "" {
		where += ": " + printable.String(e.Key)
	}
	return where + ": " + printable.String(e.Reason)
}

// Refuse returns an error about one setting.
func (s Setting) Refuse(file, format string, args ...any) error {
	return &Error{File: file, Line: s.Line, Column: s.Column, Key: strings.Join(s.Path, "."), Reason: fmt.Sprintf(format, args...)}
}

// Read returns the settings of a file in their order. file is the name for
// errors, which are of type *Error.
func Read(data []byte, file string) ([]Setting, error) {
	if len(data) > maxFile {
		return nil, &Error{File: file, Reason: "larger than 1 MiB"}
	}
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, &Error{File: file, Reason: "is UTF-16; save it as UTF-8"}
	}
	if err := check(data, file); err != nil {
		return nil, err
	}
	r := reader{file: file}
	r.parser.Reset(data)
	var table []string
	for r.parser.NextExpression() {
		switch node := r.parser.Expression(); node.Kind {
		case unstable.Table:
			table = path(node.Key())
			r.header(node)
		case unstable.ArrayTable:
			keys := node.Key()
			table = path(keys)
			r.header(node)
			r.add(table, node.Child(), Other{})
		case unstable.KeyValue:
			r.keyValue(table, node)
		}
	}
	return r.out, nil
}

// check parses the document as a whole, which finds keys and tables that appear
// twice.
func check(data []byte, file string) error {
	var doc map[string]any
	err := toml.Unmarshal(data, &doc)
	if err == nil {
		return nil
	}
	out := &Error{File: file, Reason: strings.TrimPrefix(err.Error(), "toml: ")}
	if decode, ok := errors.AsType[*toml.DecodeError](err); ok {
		out.Line, out.Column = decode.Position()
		out.Key = strings.Join(decode.Key(), ".")
		explain(out, data)
	}
	return out
}

// bare is a line whose value is text without quotes. The value stays out of the
// error: it may be a secret.
var bare = regexp.MustCompile(`^\s*([A-Za-z0-9_."'-]+)\s*=\s*([\pL/~.$@*_][^\s#]*)`)

// explain replaces the parser's commonest errors by what is wrong with the
// text: the parser reports a bad number, or bytes where letters were meant.
func explain(e *Error, data []byte) {
	var line []byte
	if lines := bytes.Split(data, []byte("\n")); e.Line > 0 && e.Line <= len(lines) {
		line = lines[e.Line-1]
	}
	if found := bare.FindSubmatch(line); len(found) == 3 && !slices.Contains([]string{"true", "false", "inf", "nan"}, string(found[2])) {
		e.Key = strings.Trim(string(found[1]), `"'`)
		e.Reason = "text needs quotes: " + e.Key + ` = "…"`
		return
	}
	for _, r := range string(line) {
		first := []byte(string(r))[0]
		if r >= utf8.RuneSelf {
			e.Reason = strings.Replace(e.Reason, fmt.Sprintf("U+%04X '%c'", first, first), fmt.Sprintf("U+%04X '%c'", r, r), 1)
		}
	}
}

// reader collects settings while the parser walks the file.
type reader struct {
	parser unstable.Parser
	file   string
	out    []Setting
	table  int // the line of the last header
}

// keyValue adds a key's setting, or the settings of an inline table.
func (r *reader) keyValue(table []string, node *unstable.Node) {
	keys := node.Key()
	where := append(append([]string{}, table...), path(keys)...)
	value := node.Value()
	if value.Kind == unstable.InlineTable {
		for in := value.Children(); in.Next(); {
			r.keyValue(where, in.Node())
		}
		return
	}
	r.add(where, value.Next(), valueOf(value))
}

// header notes where a table begins.
func (r *reader) header(table *unstable.Node) {
	r.table = r.parser.Shape(table.Child().Raw).Start.Line
}

// add adds a setting, which is where its key is.
func (r *reader) add(path []string, key *unstable.Node, value any) {
	start := r.parser.Shape(key.Raw).Start
	r.out = append(r.out, Setting{Path: path, Line: start.Line, Column: start.Column, Value: value, Table: r.table})
}

func path(keys unstable.Iterator) []string {
	var out []string
	for keys.Next() {
		out = append(out, string(keys.Node().Data))
	}
	return out
}

func valueOf(n *unstable.Node) any {
	switch n.Kind {
	case unstable.String:
		return string(n.Data)
	case unstable.Array:
		list := []string{}
		for in := n.Children(); in.Next(); {
			if in.Node().Kind != unstable.String {
				return Other{}
			}
			list = append(list, string(in.Node().Data))
		}
		return list
	case unstable.Bool:
		return string(n.Data) == "true"
	case unstable.Integer:
		if v, err := strconv.Atoi(string(n.Data)); err == nil {
			return v
		}
		return Other{} // hexadecimal and other notations, which no setting uses
	default:
		return Other{}
	}
}
