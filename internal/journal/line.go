package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kvist/kv"
)

// version is the version of the format that this program writes. Lines of a
// later one are foreign.
const version = 1

// line is any line of a journal's file: the head of a file (Store), a record
// (ID), the end of one or several (End), or the begin or the end of a plan.
type line struct {
	V    int       `json:"v"`
	Time time.Time `json:"time,omitzero"`

	Store *Store `json:"store,omitempty"`

	ID     string `json:"id,omitempty"`
	Plan   string `json:"plan,omitempty"`
	Op     string `json:"op,omitempty"`
	Undoes string `json:"undoes,omitempty"`
	Redo   bool   `json:"redo,omitempty"`
	Key    string `json:"key,omitempty"`
	Key64  []byte `json:"key64,omitempty"`
	// Other is the other key of a move within the store.
	Other   string     `json:"other,omitempty"`
	Other64 []byte     `json:"other64,omitempty"`
	Before  *lineState `json:"before,omitempty"`
	After   *lineState `json:"after,omitempty"`

	End     string   `json:"end,omitempty"`
	Count   uint64   `json:"count,omitempty"` // of records one after the other that ended so; 0 means 1
	Outcome string   `json:"outcome,omitempty"`
	Index   uint64   `json:"index,omitempty"`
	Indexes []uint64 `json:"indexes,omitempty"` // of Count records, where they differ
	Error   string   `json:"error,omitempty"`
	// Late says that the end of the record or the plan was recorded before, and that
	// this line is what became known since.
	Late bool `json:"late,omitempty"`
	// CutOff says that the program that carried out the plan was gone when it was ended:
	// the plan keeps its place and its time in the journal.
	CutOff bool `json:"cutoff,omitempty"`

	BeginPlan string `json:"beginplan,omitempty"`
	EndPlan   string `json:"endplan,omitempty"`
	Title     string `json:"title,omitempty"`
	Request   string `json:"request,omitempty"` // what the plan can be made again from
	Records   int    `json:"records,omitempty"` // that the plan has, or had in the end
	Written   int    `json:"written,omitempty"` // of them, Done
	Unsent    bool   `json:"unsent,omitempty"`  // nothing of the plan was carried out, nor may have been
	// Continues is the ID of the plan that was cut off and that this one carries on with,
	// and Continued says of that one that there are such plans.
	Continues string `json:"continues,omitempty"`
	Continued bool   `json:"continued,omitempty"`
	// From is where the plan begins: the number of the file, and the byte in
	// it. It is left out where lines of other programs stand in between.
	From *place `json:"from,omitempty"`
}

// place is a place in a journal.
type place struct {
	File int   `json:"file"`
	Byte int64 `json:"byte"`
}

// before reports whether the place is before another one.
func (p place) before(other place) bool {
	return p.File < other.File || p.File == other.File && p.Byte < other.Byte
}

// lineState is a kv.Node without its key.
type lineState struct {
	raw     []byte   // of Value, where a decoder read it
	Value   *string  `json:"value,omitempty"`
	Value64 []byte   `json:"value64,omitempty"`
	Digest  string   `json:"sha256,omitempty"` // in place of a hidden value
	Size    *int     `json:"size,omitempty"`   // of a hidden value
	Index   uint64   `json:"index,omitempty"`
	Type    string   `json:"type,omitempty"`
	Flags   uint64   `json:"flags,omitempty"`
	Owner   string   `json:"owner,omitempty"`
	TTL     string   `json:"ttl,omitempty"`
	Left    string   `json:"left,omitempty"`
	ACL     []string `json:"acl,omitempty"`
}

// Sum returns the digest of a value as a journal keeps it.
func Sum(value []byte) string {
	sum := sha256.Sum256(value)
	return hex.EncodeToString(sum[:])
}

// errForeign says that a line is not one of this format.
var errForeign = errors.New("not a line of a journal")

// record is the record that the line says, which has no end yet.
func (l *line) record() (Record, error) {
	if _, _, ok := splitID(l.ID); !ok {
		return Record{}, errForeign
	}
	r := Record{ID: l.ID, Plan: l.Plan, Time: l.Time, Op: l.Op, Undoes: l.Undoes, Redo: l.Redo, Key: l.key()}
	r.Hidden = l.Before.hidden() || l.After.hidden()
	if l.After.hidden() {
		r.AfterSum = l.After.Digest
	}
	if l.Before.hidden() {
		r.BeforeSum = l.Before.Digest
	}
	if r.Other = l.Other; l.Other64 != nil {
		r.Other = string(l.Other64)
	}
	var errs [2]error
	r.Before, errs[0] = l.Before.state(r.Key)
	r.After, errs[1] = l.After.state(r.Key)
	return r, errors.Join(errs[:]...)
}

// key is the key that the line is about.
func (l *line) key() string {
	if l.Key64 != nil {
		return string(l.Key64)
	}
	return l.Key
}

// hidden reports whether the state's value was left out.
func (l *lineState) hidden() bool { return l != nil && l.Digest != "" }

// state is the state that the line says of key.
func (l *lineState) state(key string) (*kv.Node, error) {
	if l == nil {
		return nil, nil
	}
	s := &kv.Node{Key: key, Index: l.Index, Flags: l.Flags, Owner: l.Owner, ACL: l.ACL, Value: l.Value64}
	switch {
	case l.raw != nil:
		s.Value = l.raw
	case l.Value != nil:
		s.Value = []byte(*l.Value)
	}
	if s.Value == nil {
		s.Value = []byte{}
	}
	if l.Type != "" {
		t, ok := nodeType(l.Type)
		if !ok {
			return nil, errForeign
		}
		s.Type = t
	}
	if l.TTL == "" {
		return s, nil
	}
	var errs [2]error
	s.TTL, errs[0] = time.ParseDuration(l.TTL)
	s.Left, errs[1] = time.ParseDuration(l.Left)
	return s, errors.Join(errs[:]...)
}

func nodeType(word string) (kv.NodeType, bool) {
	for t := kv.PlainNode; t <= kv.TTLNode; t++ {
		if t.String() == word {
			return t, true
		}
	}
	return 0, false
}

// end is how the record with that ID ended, if the line says so.
func (l *line) end(id string) (End, bool) {
	o, known := outcomeOf(l.Outcome)
	first, from, ok := splitID(l.End)
	writer, n, ok2 := splitID(id)
	if !known || !ok || !ok2 || first != writer || n < from || n-from >= max(l.Count, 1) {
		return End{}, false
	}
	e := End{Outcome: o, Index: l.Index, Error: l.Error}
	if i := n - from; i < uint64(len(l.Indexes)) {
		e.Index = l.Indexes[i]
	}
	return e, true
}

// appendLine appends the line to b as JSON, with its end of line. Only text
// that JSON can hold is in it, so that it cannot fail.
func appendLine(b []byte, l *line) []byte {
	text, err := json.Marshal(l)
	if err != nil {
		panic(fmt.Sprintf("a line of the journal: %v", err)) // no field can cause it
	}
	return append(append(b, text...), '\n')
}
