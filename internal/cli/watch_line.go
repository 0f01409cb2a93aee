package cli

import (
	"fmt"
	"strconv"
	"time"

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

// change prints one change of a key that was, if it was there.
func (w *watcher) change(e kv.Event, was state, there bool, at time.Time) error {
	if w.json {
		return w.object(w.changeRecord(e, was, there, at))
	}
	sign, kind, before, after := "~", "put", "?", "?"
	switch {
	case e.Kind == kv.DeleteEvent:
		sign, kind, after = "-", "delete", ""
	case !there:
		sign = "+"
	}
	if there && was.size >= 0 {
		before = strconv.Itoa(was.size)
	}
	if e.Size >= 0 {
		after = strconv.Itoa(e.Size)
	}
	sizes := map[string]string{"+": after, "~": before + ">" + after, "-": before}[sign]
	found := ""
	if w.listed != nil {
		found = " (found)"
	}
	if _, err := fmt.Fprintf(w, "%s %s %-6s %11s %s%s\n", stamp(at), sign, kind, sizes, w.name(e.Key), found); err != nil {
		return err
	}
	if w.flags.diff {
		return w.difference(e)
	}
	return nil
}

// changeRecord is one change as JSON.
func (w *watcher) changeRecord(e kv.Event, was state, there bool, at time.Time) changeRecord {
	r := changeRecord{record: w.record(e.Key), Found: w.listed != nil}
	r.Time, r.Kind = stamp(at), "delete"
	if there && was.size >= 0 {
		r.SizeBefore = &was.size
	}
	if e.Kind == kv.PutEvent {
		r.record = r.size(e.Size)
		r.Flags = flagNames(e.Flags)
		r.Kind, r.Created = "put", !there
		if w.flags.values {
			r.record = w.withValue(r.record, &e)
		}
	}
	r.Index = e.Index
	if e.Values != nil && !w.flags.keysOnly {
		r.tell(e)
	}
	return r
}

// tell adds what the change made of its key.
func (r *changeRecord) tell(e kv.Event) {
	v := e.Values
	r.Read = v.Read
	if v.BeforeKnown {
		r.Created = r.Created || e.Kind == kv.PutEvent && v.Before == nil
		if v.Before != nil {
			text, encoding := encodeText(v.Before)
			size := len(v.Before)
			r.Before, r.BeforeEncoding, r.SizeBefore, r.Created = &text, encoding, &size, false
		}
	}
	if e.Kind == kv.PutEvent {
		text, encoding := encodeText(v.After)
		r.After, r.AfterEncoding = &text, encoding
	}
}

// withValue reads the value that the key has by now, and its index.
func (w *watcher) withValue(r record, e *kv.Event) record {
	pair, err := w.store.Get(e.Key)
	if err != nil {
		return r // it is gone again, which the next event tells
	}
	e.Index = pair.LastIndex
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

// stateOf is what a batch says of itself; again says that everything is
// listed once more.
func stateOf(b kv.Batch, missed kv.Missed, again bool) stateRecord {
	state := b.State
	if again {
		state = kv.Listing
	}
	return stateRecord{
		Time: stamp(b.At), Kind: "state", State: state.String(), Missed: missed.String(),
		Partial: b.Partial, Error: explain.Error(b.Err),
	}
}

// printState prints what the feed is doing and what it may have missed.
func (w *watcher) printState(r stateRecord) error {
	r.Keys = len(w.known)
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

// stamp is a time as watch prints it.
func stamp(at time.Time) string { return at.Format("2006-01-02T15:04:05.000Z07:00") }
