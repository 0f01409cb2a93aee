package format

import (
	"bytes"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Detect returns a value's format. It parses: a value has a format if it is
// valid in it and means more in it than as text, so that a lone number is text
// and not JSON. The key's extension takes precedence if it names a format, so
// that a broken config.json is JSON with a mistake, though YAML would accept
// it. Only a whole JSON or XML document has its format under any name.
func Detect(key string, value []byte) Format {
	if len(value) == 0 {
		return Empty
	}
	if isBinary(value) {
		return Binary
	}
	hint, hinted := byExtension(key)
	if hinted && Validate(hint, value) == nil {
		return hint
	}
	for _, f := range []Format{JSON, XML, TOML, HCL, YAML, Properties} {
		switch {
		case hinted && f == TOML: // the parsers from here on accept texts of other formats
			return hint
		case says(f, value):
			return f
		}
	}
	return Text
}

// byExtension returns the format that a key's name promises.
func byExtension(key string) (Format, bool) {
	switch strings.ToLower(path.Ext(strings.TrimRight(key, "/"))) {
	case ".json":
		return JSON, true
	case ".yaml", ".yml":
		return YAML, true
	case ".toml":
		return TOML, true
	case ".xml":
		return XML, true
	case ".hcl", ".tf", ".nomad":
		return HCL, true
	case ".properties", ".env":
		return Properties, true
	default:
		return Text, false
	}
}

// isBinary reports whether bytes are no text: they have a NUL, are not UTF-8,
// or have so many control characters that nobody could read between them.
func isBinary(value []byte) bool {
	controls, runes := 0, 0
	for i := 0; i < len(value); {
		r, n := utf8.DecodeRune(value[i:])
		switch {
		case r == 0, r == utf8.RuneError && n == 1:
			return true
		case unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r':
			controls++
		}
		runes++
		i += n
	}
	return controls*controlShare > runes
}

// controlShare is the share of control characters, other than tabs and line ends, above
// which a value is no text: one in so many.
const controlShare = 8

// says reports whether a value is valid in f and means more in it than as text.
// Every one-line text is valid YAML, [x] is valid TOML and YAML, and a=b is
// valid HCL and a property: each format is asked for what only it has.
func says(f Format, value []byte) bool {
	trimmed := bytes.TrimSpace(value)
	if len(trimmed) == 0 {
		return false
	}
	switch f {
	case JSON:
		return (trimmed[0] == '{' || trimmed[0] == '[') && Validate(JSON, value) == nil
	case XML:
		return trimmed[0] == '<' && Validate(XML, value) == nil
	case TOML:
		n, err := tomlEntries(value)
		return err == nil && n > 0
	case HCL:
		blocks, err := hclBlocks(value)
		return err == nil && blocks > 0
	case YAML:
		if bytes.HasPrefix(trimmed, []byte("{{")) { // a template; its braces are not YAML
			return false
		}
		root, err := yamlRoot(value)
		return err == nil && root.kind != yamlScalar
	case Properties:
		return looksLikeProperties(value)
	default:
		return false
	}
}
