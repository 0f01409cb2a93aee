package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/pelletier/go-toml/v2/unstable"
)

// layoutMax is the size in bytes up to which a value is laid out.
const layoutMax = 4 << 20

// Layout is a structured value taken apart, so that two of them can be laid out
// alike and compared by content.
type Layout struct{ root node }

// node is a part of a structured value: a map, a list, or a scalar as it is
// written.
type node struct {
	kind   nodeKind
	scalar string
	items  []item
}

// item is an entry of a map, or of a list, where it has no key.
type item struct {
	key   string // as it is written, quotes included
	value node
}

// nodeKind is what a node is.
type nodeKind uint8

const (
	scalarNode nodeKind = iota
	mapNode
	listNode
)

// TakeApart takes a value of a format apart. It returns false for a format
// without structure, for a value that is not valid or too large, and if the
// layout would omit content of the text, such as comments.
func TakeApart(f Format, value []byte) (Layout, bool) {
	if len(value) > layoutMax || f != JSON && len(value) > limit(f) || depth(value) > maxDepth {
		return Layout{}, false
	}
	root, err := inTime(f, func() (root node, err *Error) {
		ok := false
		switch f {
		case JSON:
			root, ok = jsonNode(value)
		case YAML:
			root, ok = yamlLayout(value)
		case TOML:
			root, ok = tomlLayout(value)
		default:
		}
		if !ok {
			err = &Error{Format: f, Reason: "cannot be taken apart"}
		}
		return root, err
	})
	return Layout{root}, err == nil
}

// Lines returns the value with each entry on a line of its own, indented by
// depth, without commas, so that an added entry changes no other line.
func (l Layout) Lines() []byte {
	var b bytes.Buffer
	l.root.write(&b, "", 0)
	return b.Bytes()
}

// Like returns the value with the entries of its maps in the order of other.
// Entries that other lacks stay behind the one that they follow.
func (l Layout) Like(other Layout) Layout { return Layout{l.root.like(other.root)} }

func (n node) write(b *bytes.Buffer, lead string, indent int) {
	b.WriteString(strings.Repeat("  ", indent) + lead)
	if n.kind == scalarNode {
		b.WriteString(n.scalar + "\n")
		return
	}
	brackets := "{}"
	if n.kind == listNode {
		brackets = "[]"
	}
	if len(n.items) == 0 {
		b.WriteString(brackets + "\n")
		return
	}
	b.WriteString(brackets[:1] + "\n")
	for _, it := range n.items {
		key := ""
		if n.kind == mapNode {
			key = it.key + ": "
		}
		it.value.write(b, key, indent+1)
	}
	b.WriteString(strings.Repeat("  ", indent) + brackets[1:] + "\n")
}

func (n node) like(other node) node {
	if n.kind != other.kind || n.kind == scalarNode {
		return n
	}
	out := node{kind: n.kind, items: make([]item, 0, len(n.items))}
	if n.kind == listNode {
		for i, it := range n.items {
			if i < len(other.items) {
				it.value = it.value.like(other.items[i].value)
			}
			out.items = append(out.items, it)
		}
		return out
	}
	groups, first := n.groups(other)
	out.items = append(out.items, first...)
	for _, o := range other.items {
		out.items = append(out.items, groups[o.key]...)
		delete(groups, o.key)
	}
	return out
}

// groups returns the entries of a map by the key, one that other also has, at
// or behind which they stand; first are those before any such key.
func (n node) groups(other node) (groups map[string][]item, first []item) {
	theirs := make(map[string]node, len(other.items))
	for _, o := range other.items {
		theirs[o.key] = o.value
	}
	groups = make(map[string][]item, len(theirs))
	last, found := "", false
	for _, it := range n.items {
		if value, ok := theirs[it.key]; ok {
			last, found = it.key, true
			it.value = it.value.like(value)
		}
		if !found {
			first = append(first, it)
			continue
		}
		groups[last] = append(groups[last], it)
	}
	return groups, first
}

// jsonNode takes one JSON value apart, with numbers as they are written.
func jsonNode(value []byte) (node, bool) {
	dec := json.NewDecoder(bytes.NewReader(value))
	dec.UseNumber()
	n, err := jsonValue(dec, value)
	if err != nil {
		return node{}, false
	}
	_, err = dec.Token()
	return n, errors.Is(err, io.EOF)
}

func jsonValue(dec *json.Decoder, value []byte) (node, error) {
	from := dec.InputOffset()
	token, err := dec.Token()
	if err != nil {
		return node{}, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return node{scalar: written(value, from, dec.InputOffset())}, nil
	}
	n := node{kind: mapNode}
	if delim == '[' {
		n.kind = listNode
	}
	for dec.More() {
		var it item
		if n.kind == mapNode {
			from := dec.InputOffset()
			if _, err := dec.Token(); err != nil {
				return node{}, err
			}
			it.key = written(value, from, dec.InputOffset())
		}
		if it.value, err = jsonValue(dec, value); err != nil {
			return node{}, err
		}
		n.items = append(n.items, it)
	}
	_, err = dec.Token() // the closing one
	return n, err
}

// written returns a token as the text has it, without what separates it from
// the one before.
func written(value []byte, from, to int64) string {
	return string(bytes.TrimLeft(value[from:to], " \t\r\n,:"))
}

// yamlLayout takes apart one YAML document without comments.
func yamlLayout(value []byte) (node, bool) {
	file, err := parser.ParseBytes(value, parser.ParseComments)
	if err != nil || len(file.Docs) != 1 || bytes.Contains(value, []byte("#")) {
		return node{}, false
	}
	return yamlValue(file.Docs[0].Body), true
}

func yamlValue(n ast.Node) node {
	switch n := n.(type) {
	case *ast.MappingNode:
		out := node{kind: mapNode}
		for _, v := range n.Values {
			out.items = append(out.items, item{v.Key.String(), yamlValue(v.Value)})
		}
		return out
	case *ast.MappingValueNode:
		return node{kind: mapNode, items: []item{{n.Key.String(), yamlValue(n.Value)}}}
	case *ast.SequenceNode:
		out := node{kind: listNode}
		for _, v := range n.Values {
			out.items = append(out.items, item{value: yamlValue(v)})
		}
		return out
	case nil:
		return node{scalar: "null"}
	default:
		return node{scalar: n.String()}
	}
}

// tomlLayout takes apart a TOML document without comments: it returns a list of
// its lines, in which the entries of one line are separate.
func tomlLayout(value []byte) (node, bool) {
	if bytes.Contains(value, []byte("#")) {
		return node{}, false
	}
	root := node{kind: mapNode}
	table := &root
	var p unstable.Parser
	p.Reset(value)
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			name := "[" + tomlKey(e) + "]"
			if e.Kind == unstable.ArrayTable {
				name = "[" + name + "]"
			}
			root.items = append(root.items, item{name, node{kind: mapNode}})
			table = &root.items[len(root.items)-1].value
		case unstable.KeyValue:
			table.items = append(table.items, item{tomlKey(e), tomlValue(e.Value())})
		default:
		}
	}
	return root, p.Error() == nil
}

// tomlKey returns the dotted key of an expression.
func tomlKey(e *unstable.Node) string {
	var parts []string
	for it := e.Key(); it.Next(); {
		parts = append(parts, string(it.Node().Data))
	}
	return strings.Join(parts, ".")
}

func tomlValue(n *unstable.Node) node {
	switch n.Kind {
	case unstable.Array:
		out := node{kind: listNode}
		for it := n.Children(); it.Next(); {
			out.items = append(out.items, item{value: tomlValue(it.Node())})
		}
		return out
	case unstable.InlineTable:
		out := node{kind: mapNode}
		for it := n.Children(); it.Next(); {
			e := it.Node()
			out.items = append(out.items, item{tomlKey(e), tomlValue(e.Value())})
		}
		return out
	case unstable.String:
		return node{scalar: strconv.Quote(string(n.Data))}
	default:
		return node{scalar: string(n.Data)}
	}
}
