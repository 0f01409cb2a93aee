package cli

import (
	"fmt"

	"kvist/internal/changes"
	"kvist/internal/merge"
	"kvist/internal/printable"
	"kvist/internal/textdiff"
	"kvist/kv"
)

// difference prints what a change made of the text of its key, indented so that
// no line of it looks like one of the watch.
func (w *watcher) difference(c changes.Change, v *kv.ValueChange) error {
	if v == nil {
		return w.indented("  the values are not known")
	}
	d := textdiff.Compare(c.Key, v.Before, v.After)
	if d.Binary {
		return w.indented("  no text")
	}
	if v.Read && c.Kind != changes.Removed {
		if err := w.indented("  read after the change, may be newer"); err != nil {
			return err
		}
	}
	if !v.BeforeKnown {
		if err := w.indented("  the value before is not known"); err != nil {
			return err
		}
		d = textdiff.Compare(c.Key, v.After, v.After)
	}
	for _, remark := range d.Remarks() {
		if err := w.indented("  " + remark); err != nil {
			return err
		}
	}
	if v.BeforeKnown {
		d.Lines = textdiff.Collapse(d.Lines)
	}
	for _, line := range d.Lines {
		if err := w.indented(diffLine(line)); err != nil {
			return err
		}
	}
	return nil
}

// diffAround is how many unchanged bytes are printed around each change of a
// line that is longer than diffLong.
const (
	diffAround = 60
	diffLong   = 400
)

// diffLine returns a line of a difference without its sign. A long line is cut
// to its changes and their surroundings.
func diffLine(line textdiff.Line) string {
	text := line.Text
	if len(text) > diffLong {
		text = ""
		for _, p := range textdiff.Excerpt(line.Parts, diffAround) {
			text += p.Text
		}
	}
	text = printable.String(text)
	switch line.Kind {
	case merge.Added:
		return "+ " + text
	case merge.Removed:
		return "- " + text
	case merge.Hidden:
		return fmt.Sprintf("  ... %d lines the same", line.Count)
	default:
		return "  " + text
	}
}

// indented prints a line that belongs to the one above.
func (w *watcher) indented(text string) error {
	_, err := fmt.Fprintln(w, "    "+text)
	return err
}
