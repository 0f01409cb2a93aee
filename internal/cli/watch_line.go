package cli

import (
	"fmt"
	"strconv"
	"time"

	"kvist/internal/changes"
	"kvist/internal/explain"
	"kvist/kv"
)

// changeRecord is a change as JSON.
type changeRecord struct {
	record
	Created        bool    `json:"created,omitempty"`
	SizeBefore     *int    `json:"size_before,omitempty"`
	Before         *string `json:"before,omitempty"`
	BeforeEncoding string  `json:"before_encoding,omitempty"`
	After          *string `json:"after,omitempty"`
	AfterEncoding  string  `json:"after_encoding,omitempty"`
	Read           bool    `json:"read,omitempty"`
	Found          bool    `json:"found,omitempty"`
}

// change prints a change and its values, if they are wanted.
func (w *watcher) change(c changes.Change, v *kv.ValueChange) error {
	if w.json {
		return w.object(w.changeRecord(c, v))
	}
	before, after := sizeWord(c.Was.Size), sizeWord(c.Now.Size)
	sign, kind, sizes := "~", "put", before+">"+after
	switch c.Kind {
	case changes.Added:
		sign, sizes = "+", after
	case changes.Removed:
		sign, kind, sizes = "-", "delete", before
	}
	found := ""
	if c.Found {
		found = " (found)"
	}
	if _, err := fmt.Fprintf(w, "%s %s %-6s %11s %s%s\n", stamp(c.At), sign, kind, sizes, w.name(c.Key), found); err != nil {
		return err
	}
	if w.flags.diff {
		return w.difference(c, v)
	}
	return nil
}

// sizeWord returns a size, or "?" if it is unknown.
func sizeWord(size int) string {
	if size < 0 {
		return "?"
	}
	return strconv.Itoa(size)
}

// changeRecord converts a change to JSON.
func (w *watcher) changeRecord(c changes.Change, v *kv.ValueChange) changeRecord {
	r := changeRecord{record: w.record(c.Key), Found: c.Found}
	r.Time, r.Kind = stamp(c.At), "delete"
	if c.Kind != changes.Added && c.Was.Size >= 0 {
		r.SizeBefore = &c.Was.Size
	}
	r.Index = c.Now.Index
	if c.Kind != changes.Removed {
		r.record = r.size(c.Now.Size)
		r.Flags = flagNames(c.Now.Flags)
		r.Kind, r.Created = "put", c.Kind == changes.Added
		if w.flags.values {
			r.record = w.withValue(r.record, c.Key)
		}
	}
	if v != nil && !w.flags.keysOnly {
		r.addValues(v)
	}
	return r
}

// addValues adds the values before and after the change.
func (r *changeRecord) addValues(v *kv.ValueChange) {
	put := r.Kind == "put"
	r.Read = v.Read
	if v.BeforeKnown {
		r.Created = r.Created || put && v.Before == nil
		if v.Before != nil {
			text, encoding := encodeText(v.Before)
			size := len(v.Before)
			r.Before, r.BeforeEncoding, r.SizeBefore, r.Created = &text, encoding, &size, false
		}
	}
	if put {
		text, encoding := encodeText(v.After)
		r.After, r.AfterEncoding = &text, encoding
	}
}

// withValue reads the current value of a key, and its index.
func (w *watcher) withValue(r record, key string) record {
	pair, err := w.store.Get(key)
	if err != nil {
		return r // it is gone again, as the next event says
	}
	r.Index = pair.LastIndex
	return r.value(pair.Value)
}

// stateRecord is a state of the feed as JSON.
type stateRecord struct {
	Time     string `json:"time"`
	Kind     string `json:"kind"` // "state"
	State    string `json:"state"`
	Missed   string `json:"missed,omitempty"`
	Keys     int    `json:"keys"`
	Resynced bool   `json:"resynced,omitempty"`
	Partial  bool   `json:"partial,omitempty"`
	Error    string `json:"error,omitempty"`
}

// stateOf converts a note on the feed to JSON, with what may have been missed.
func stateOf(n changes.Note, missed kv.Missed, at time.Time) stateRecord {
	return stateRecord{
		Time: stamp(at), Kind: "state", State: n.State.String(), Missed: missed.String(),
		Resynced: n.Reloaded, Partial: n.Partial, Error: explain.Error(n.Err),
	}
}

// printState prints the state of the feed and what may have been missed.
func (w *watcher) printState(r stateRecord) error {
	r.Keys = w.keys.Len()
	if w.json {
		return w.object(r)
	}
	text := fmt.Sprintf("%s * state  %s", r.Time, r.State)
	if r.Resynced {
		text += " again, resynced"
	}
	text += ", " + counted(r.Keys, "key")
	if r.Partial {
		text += ", only in part: too large to be followed whole"
	}
	if r.Missed != "" {
		text += ", may have missed something: " + r.Missed
	}
	if r.Error != "" {
		text += ": " + r.Error
	}
	_, err := fmt.Fprintln(w, text)
	return err
}

// stamp returns a time as watch prints it.
func stamp(at time.Time) string { return at.Format("2006-01-02T15:04:05.000Z07:00") }
