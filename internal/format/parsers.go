package format

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/pelletier/go-toml/v2"
)

func validateJSON(value []byte) *Error {
	var raw json.RawMessage
	err := json.Unmarshal(value, &raw)
	if err == nil {
		return nil
	}
	out := &Error{Format: JSON, Reason: reason(err.Error())}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		// Offset counts the bytes read, the wrong one included; at the end of
		// the input there is no wrong one.
		offset := int(syntax.Offset)
		if offset > 0 && !strings.Contains(err.Error(), "unexpected end") {
			offset--
		}
		out.Line, out.Column = at(value, offset)
	}
	return out
}

// validateXML reads every token. The decoder checks that elements are closed;
// this function checks that there is one root.
func validateXML(value []byte) *Error {
	dec := xml.NewDecoder(bytes.NewReader(value))
	// The value is UTF-8 by now, whatever its first line declares.
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	roots, open := 0, 0
	for {
		token, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF) && roots == 1:
			return nil
		case errors.Is(err, io.EOF):
			return &Error{Format: XML, Reason: "needs exactly one root element"}
		case err != nil:
			return xmlError(dec, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if open == 0 {
				roots++
			}
			open++
		case xml.EndElement:
			open--
		case xml.CharData:
			if open == 0 && len(bytes.TrimSpace(t)) > 0 {
				return xmlError(dec, errors.New("text outside of the root element"))
			}
		}
	}
}

func xmlError(dec *xml.Decoder, err error) *Error {
	line, column := dec.InputPos()
	text := err.Error()
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
		text = syntax.Msg
	}
	return &Error{Format: XML, Line: line, Column: column, Reason: reason(text)}
}

// tomlEntries returns how many keys a TOML document has at its root, not
// counting empty tables.
func tomlEntries(value []byte) (int, *Error) {
	return guard(TOML, value, func() (int, *Error) {
		var doc map[string]any
		err := toml.Unmarshal(value, &doc)
		if err == nil {
			return filled(doc), nil
		}
		out := &Error{Format: TOML, Reason: reason(strings.TrimPrefix(err.Error(), "toml: "))}
		if decode, ok := errors.AsType[*toml.DecodeError](err); ok {
			out.Line, out.Column = decode.Position()
		}
		return 0, out
	})
}

func filled(doc map[string]any) int {
	n := 0
	for _, v := range doc {
		if table, ok := v.(map[string]any); ok && filled(table) == 0 {
			continue
		}
		n++
	}
	return n
}

// hclBlocks returns how many blocks an HCL document has at its root. A document
// of attributes alone may as well be TOML or properties.
func hclBlocks(value []byte) (int, *Error) {
	return guard(HCL, value, func() (int, *Error) {
		file, diags := hclsyntax.ParseConfig(value, "", hcl.InitialPos)
		for _, d := range diags {
			if d.Severity != hcl.DiagError {
				continue
			}
			out := &Error{Format: HCL, Reason: reason(d.Summary + ": " + d.Detail)}
			if d.Subject != nil {
				out.Line, out.Column = d.Subject.Start.Line, d.Subject.Start.Column
			}
			return 0, out
		}
		if body, ok := file.Body.(*hclsyntax.Body); ok {
			return len(body.Blocks), nil
		}
		return 0, nil
	})
}

// yamlKind is what a YAML document is at its root.
type yamlKind uint8

const (
	yamlScalar yamlKind = iota
	yamlMap
	yamlList
)

// yamlShape returns the kind of the first document's root and how many entries
// it has.
type yamlShape struct {
	kind    yamlKind
	entries int
	docs    int
}

func yamlRoot(value []byte) (yamlShape, *Error) {
	return guard(YAML, value, func() (yamlShape, *Error) {
		file, err := parser.ParseBytes(value, 0)
		if err != nil {
			return yamlShape{}, yamlError(err)
		}
		shape := yamlShape{docs: len(file.Docs)}
		if shape.docs > 0 {
			shape.kind, shape.entries = yamlNode(file.Docs[0].Body)
		}
		return shape, nil
	})
}

func yamlNode(n ast.Node) (yamlKind, int) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return yamlMap, len(n.Values)
	case *ast.MappingValueNode:
		return yamlMap, 1
	case *ast.SequenceNode:
		return yamlList, len(n.Values)
	case *ast.AnchorNode:
		return yamlNode(n.Value)
	case *ast.TagNode:
		return yamlNode(n.Value)
	default:
		return yamlScalar, 0
	}
}

func yamlError(err error) *Error {
	out := &Error{Format: YAML, Reason: reason(err.Error())}
	if e, ok := errors.AsType[yaml.Error](err); ok {
		out.Reason = reason(e.GetMessage())
		if token := e.GetToken(); token != nil && token.Position != nil {
			out.Line, out.Column = token.Position.Line, token.Position.Column
		}
	}
	return out
}
