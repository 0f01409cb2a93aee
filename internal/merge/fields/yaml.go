package fields

import (
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// takeYAML takes a YAML text apart whose root is a mapping in block style.
func takeYAML(raw []byte) (part, bool) {
	file, err := parser.ParseBytes(raw, 0)
	if err != nil || len(file.Docs) != 1 {
		return part{}, false
	}
	t := linesOf(raw)
	spans, ok := yamlSpans(t, file.Docs[0].Body, -1)
	if !ok {
		return part{}, false
	}
	return t.whole(spans), true
}

// yamlSpans returns the fields of a mapping in block style that begins below a
// line.
func yamlSpans(t text, node ast.Node, below int) ([]span, bool) {
	mapping, ok := node.(*ast.MappingNode)
	if !ok || mapping.IsFlowStyle || len(mapping.Values) == 0 {
		return nil, false
	}
	var spans []span
	for _, v := range mapping.Values {
		token := v.Key.GetToken()
		line := token.Position.Line - 1
		if line <= below || line >= len(t) {
			return nil, false // two on one line
		}
		below = line
		s := span{name: token.Value, line: line}
		if inner, ok := yamlSpans(t, v.Value, line); ok {
			s.kids = func(to int) part {
				head, kids := t.parts(inner, line+1, to)
				return part{head: head, kids: kids}
			}
		}
		spans = append(spans, s)
	}
	return spans, true
}
