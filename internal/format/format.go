package format

// Format is the format of a value.
type Format uint8

// The formats.
const (
	Empty Format = iota
	Binary
	Text
	JSON
	YAML
	TOML
	XML
	HCL
	Properties
)

// String returns the format's name for the screen.
func (f Format) String() string {
	switch f {
	case Empty:
		return "empty"
	case Binary:
		return "binary"
	case JSON:
		return "JSON"
	case YAML:
		return "YAML"
	case TOML:
		return "TOML"
	case XML:
		return "XML"
	case HCL:
		return "HCL"
	case Properties:
		return "properties"
	default:
		return "text"
	}
}

// maxHighlight is the size in bytes above which text is not coloured.
const maxHighlight = 512 << 10

// limit is the size in bytes above which a format is not parsed. JSON and XML
// are read in one pass; the others build trees and can be made to take
// quadratic time: hcl half a second for 16 KiB of heredoc, goccy/go-yaml a
// second for 64 KiB of quotes.
func limit(f Format) int {
	switch f {
	case HCL:
		return 16 << 10
	case YAML:
		return 64 << 10
	default:
		return 128 << 10
	}
}
