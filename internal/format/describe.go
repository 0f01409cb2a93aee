package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Describe says in a few words what a value is: "JSON, 3 keys", "text, 2
// lines", "binary, gzip, 12 B", "JSON, not valid at line 4".
func Describe(f Format, value []byte) string {
	detail := ""
	switch f {
	case Empty:
	case Binary:
		detail = sized(len(value))
		if bytes.HasPrefix(value, []byte("k8s\x00")) { // the prefix of Kubernetes' storage serializer
			detail = "a Kubernetes object, " + detail
		}
		if isGzip(value) {
			detail = "gzip, " + detail
		}
	case JSON:
		detail = describeJSON(value)
	case YAML:
		detail = describeYAML(value)
	case TOML:
		if n, err := tomlEntries(value); err == nil {
			detail = counted(n, "key")
		}
	case HCL:
		if n, err := hclBlocks(value); err == nil {
			detail = counted(n, "block")
		}
	case XML:
		if detail = fault(f, value); detail == "" {
			detail = counted(lineCount(value), "line")
		}
	case Properties:
		detail = counted(len(properties(value)), "key")
	default:
		detail = counted(lineCount(value), "line")
		if found := describeCertificate(value); found != "" {
			detail += ", " + found
		}
	}
	if detail == "" {
		detail = fault(f, value)
	}
	if detail == "" {
		return f.String()
	}
	return f.String() + ", " + detail
}

// fault says that a value is not what its name promises, and where; "" if
// nothing is wrong.
func fault(f Format, value []byte) string {
	var e *Error
	switch err := Validate(f, value); {
	case !errors.As(err, &e):
		return ""
	case e.Line == 0:
		return "not valid"
	default:
		return fmt.Sprintf("not valid at line %d", e.Line)
	}
}

// describeJSON counts what is at the root, without keeping what is below it.
func describeJSON(value []byte) string {
	trimmed := bytes.TrimLeft(value, " \t\r\n")
	if len(trimmed) == 0 {
		return ""
	}
	switch trimmed[0] {
	case '{':
		var object map[string]json.RawMessage
		if json.Unmarshal(value, &object) == nil {
			return counted(len(object), "key")
		}
	case '[':
		var list []json.RawMessage
		if json.Unmarshal(value, &list) == nil {
			return "a list of " + grouped(len(list))
		}
	}
	return ""
}

func describeYAML(value []byte) string {
	root, err := yamlRoot(value)
	switch {
	case err != nil:
		return ""
	case root.docs > 1:
		return counted(root.docs, "document")
	case root.kind == yamlMap:
		return counted(root.entries, "key")
	case root.kind == yamlList:
		return "a list of " + grouped(root.entries)
	default:
		return ""
	}
}

// lineCount returns how many lines a text has; a newline at the end begins
// none.
func lineCount(value []byte) int {
	n := bytes.Count(value, []byte("\n"))
	if len(value) > 0 && value[len(value)-1] != '\n' {
		n++
	}
	return n
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + "s"
}

// grouped writes a count in groups of three digits: "17 000".
func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

func sized(n int) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	default:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
}
