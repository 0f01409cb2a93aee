package format

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// MaxEditableBytes bounds what the inline editor opens: a change costs it one
// line, but a draft, a comparison and a save cost it everything.
const MaxEditableBytes = 16 << 20

// Editable reports whether a value may be opened in the inline editor.
func Editable(value []byte) bool { return Uneditable(value) == "" }

// Uneditable says why a value may not be opened in the inline editor, as a
// clause such as "it is larger than 16 MiB"; "" if it may. The editor keeps
// every byte of what it opens. It does not open what nobody could read or type:
// the values that are shown as bytes.
func Uneditable(value []byte) string {
	switch why := NotText(value); {
	case why != "":
		return why
	case isBinary(value):
		return fmt.Sprintf("more than one in %d of its characters is a control character, line ends and tabs aside", controlShare)
	default:
		return TooLarge(len(value))
	}
}

// TooLarge says why so many bytes cannot be edited; "" if they can.
func TooLarge(size int) string {
	if size > MaxEditableBytes {
		return fmt.Sprintf("it is larger than %d MiB", MaxEditableBytes>>20)
	}
	return ""
}

// NotText says why bytes are not text, as a clause; "" if they are.
func NotText(value []byte) string {
	switch {
	case bytes.IndexByte(value, 0) >= 0:
		return "it holds NUL bytes: it is not text"
	case !utf8.Valid(value):
		return "it is not valid UTF-8"
	default:
		return ""
	}
}
