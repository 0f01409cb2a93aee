package merge

import "bytes"

// The markers around the parts of a conflict.
const (
	markMine   = "<<<<<<< mine"
	markBase   = "||||||| base"
	markTheirs = "======="
	markEnd    = ">>>>>>> theirs"
)

// HasMarkers reports whether a line of text looks like a marker of a conflict,
// this package's or any other's, so that saving it is hardly meant. A line of
// equals signs alone is none: it underlines headings.
func HasMarkers(text []byte) bool {
	for line := range bytes.Lines(text) {
		for _, mark := range []string{"<<<<<<< ", "||||||| ", ">>>>>>> "} {
			if bytes.HasPrefix(line, []byte(mark)) {
				return true
			}
		}
	}
	return false
}
