package cli

import (
	"fmt"

	"kvist/internal/format"
	"kvist/internal/merge"
	"kvist/internal/printable"
	"kvist/kv"
)

// diffContext is how many unchanged lines are printed around a change.
const diffContext = 2

// difference prints what a change made of the text of its key, indented so
// that no line of it can be taken for one of the watch.
func (w *watcher) difference(e kv.Event) error {
	v := e.Values
	switch {
	case v == nil:
		return w.indented("  the values are not known")
	case isBinary(e.Key, v.Before) || isBinary(e.Key, v.After):
		return w.indented("  no text")
	}
	if v.Read && e.Kind == kv.PutEvent {
		if err := w.indented("  read behind the change, may be newer"); err != nil {
			return err
		}
	}
	lines := merge.Brief(merge.Diff(v.Before, v.After), diffContext)
	if !v.BeforeKnown {
		if err := w.indented("  what was there before is not known"); err != nil {
			return err
		}
		lines = merge.Diff(v.After, v.After)
	}
	for _, line := range lines {
		text := printable.String(line.Text)
		switch line.Kind {
		case merge.Added:
			text = "+ " + text
		case merge.Removed:
			text = "- " + text
		case merge.Hidden:
			text = fmt.Sprintf("  ... %d lines the same", line.Count)
		default:
			text = "  " + text
		}
		if err := w.indented(text); err != nil {
			return err
		}
	}
	return nil
}

// indented prints a line that belongs to the one above.
func (w *watcher) indented(text string) error {
	_, err := fmt.Fprintln(w, "    "+text)
	return err
}

// isBinary tells whether a value is no text.
func isBinary(key string, value []byte) bool {
	return len(value) > 0 && format.Detect(key, value) == format.Binary
}
