package undo

import (
	"strings"

	"kvist/kv"
)

// Why what is there cannot be put back once it is deleted or overwritten.
const (
	Unrecorded  = "the journal is off"
	DigestsOnly = "the journal keeps digests of values only"
)

// Loss counts keys that are deleted or overwritten, and that no undo can put back.
type Loss struct {
	Unrecorded int // in a store whose writes are not recorded
	Digests    int // of which the journal keeps no values
}

// Add counts a key of a store, if it cannot be put back.
func (l *Loss) Add(s kv.Store, key string) {
	recorder := kv.RecorderOf(s)
	discreet, ok := recorder.(interface{ Hides(key string) bool })
	switch {
	case recorder == nil:
		l.Unrecorded++
	case ok && discreet.Hides(key):
		l.Digests++
	}
}

// Keys returns how many keys cannot be put back.
func (l Loss) Keys() int { return l.Unrecorded + l.Digests }

// Text says how many keys cannot be put back, and why; "" if all can. count puts a number
// of things into words.
func (l Loss) Text(count func(n int, thing string) string) string {
	var said []string
	for _, of := range []struct {
		keys int
		why  string
	}{{l.Unrecorded, Unrecorded}, {l.Digests, DigestsOnly}} {
		if of.keys > 0 {
			said = append(said, count(of.keys, "key")+" cannot be put back: "+of.why)
		}
	}
	return strings.Join(said, "; ")
}
