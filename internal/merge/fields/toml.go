package fields

import (
	"bytes"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// takeTOML takes a TOML text apart: its keys and tables. An array of tables is
// taken whole, with the tables in it.
func takeTOML(raw []byte) (part, bool) {
	t := linesOf(raw)
	var root, within []span
	array := "" // the array of tables that is open
	open := func(name string, line int) {
		root = append(root, span{name: name, line: line})
		within = nil
	}
	p := unstable.Parser{}
	p.Reset(raw)
	for p.NextExpression() {
		e := p.Expression()
		name, offset := tomlKey(e)
		line := bytes.Count(raw[:offset], []byte("\n"))
		switch {
		case array != "" && (e.Kind == unstable.KeyValue || name == array || strings.HasPrefix(name, array+"\x00")):
			// it belongs to the array
		case e.Kind == unstable.KeyValue && len(root) > 0 && root[len(root)-1].kids != nil:
			within = append(within, span{name: name, line: line})
			root[len(root)-1].kids = tomlTable(t, root[len(root)-1].line, within)
		case e.Kind == unstable.KeyValue:
			root = append(root, span{name: "=" + name, line: line})
		case e.Kind == unstable.Table:
			array = ""
			open("["+name, line)
			root[len(root)-1].kids = tomlTable(t, line, nil)
		case e.Kind == unstable.ArrayTable:
			array = name
			open("[["+name, line)
		}
	}
	return t.whole(root), p.Error() == nil && differ(root)
}

// tomlTable returns the function that takes a table's content apart.
func tomlTable(t text, line int, keys []span) func(to int) part {
	return func(to int) part {
		head, kids := t.parts(keys, line+1, to)
		return part{head: head, kids: kids}
	}
}

// tomlKey returns the name of an expression, and where it is written.
func tomlKey(e *unstable.Node) (name string, offset uint32) {
	var names []string
	for key := e.Key(); key.Next(); {
		if len(names) == 0 {
			offset = key.Node().Raw.Offset
		}
		names = append(names, string(key.Node().Data))
	}
	return strings.Join(names, "\x00"), offset
}

// differ reports whether no two fields have one name, or stand on one line.
func differ(spans []span) bool {
	names, lines := map[string]bool{}, map[int]bool{}
	for _, s := range spans {
		if names[s.name] || lines[s.line] {
			return false
		}
		names[s.name], lines[s.line] = true, true
	}
	return true
}
