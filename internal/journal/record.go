package journal

import (
	"strconv"
	"strings"
	"time"

	"kvist/kv"
)

// Record is one write of one key.
type Record struct {
	// ID names the record: the writer's name, a hyphen and a number.
	ID string
	// Plan is the ID of the plan that the write belongs to; "" for a write of
	// its own.
	Plan string
	Time time.Time
	Op   string
	// Undoes is the ID of the record, or of the plan, that this write takes
	// back; "" for all others. In a plan it is the record's.
	Undoes string
	Redo   bool // what Undoes names had itself taken back something
	Key    string
	// Before and After are the states that the write replaces and makes; nil
	// where there is no key.
	Before, After *kv.Node
	// Hidden says that the values were left out, and only their sizes and
	// digests kept, or that the one before could not be read: the write cannot be
	// undone.
	Hidden bool
	// AfterSum is the SHA-256 of a hidden value that the write made, in hexadecimal
	// digits; "" for all others.
	AfterSum string
	// BeforeSum is the same of a hidden value that the write replaced.
	BeforeSum string
	// Other is the other key of a move within the store; "" for all other writes.
	Other string

	Outcome Outcome
	Index   uint64 // LastIndex that the write made, if Outcome is Done and the key is there
	Error   string // why it was not done, in words
	Ended   time.Time
}

// Outcome is how a write ended.
type Outcome uint8

// The outcomes of writes.
const (
	Unknown  Outcome = iota // no end was recorded, or no answer came
	Done                    // it was carried out
	Conflict                // somebody else had changed the key: nothing was written
	Refused                 // the store refused it: nothing was written
)

//nolint:gochecknoglobals // a table that never changes
var outcomeWords = [...]string{"unknown", "done", "conflict", "refused"}

// String is the word for the outcome in the journal.
func (o Outcome) String() string { return outcomeWords[o] }

// outcomeOf is the outcome that word names.
func outcomeOf(word string) (Outcome, bool) {
	for i, w := range outcomeWords {
		if w == word {
			return Outcome(i), true
		}
	}
	return Unknown, false
}

// End is how the write of a record ended.
type End struct {
	Outcome Outcome
	Index   uint64
	Error   string
}

// recordID is the ID of a writer's nth record.
func recordID(writer string, n uint64) string { return writer + "-" + strconv.FormatUint(n, 10) }

// splitID is the writer and the number of an ID.
func splitID(id string) (writer string, n uint64, ok bool) {
	i := strings.LastIndexByte(id, '-')
	if i <= 0 {
		return "", 0, false
	}
	n, err := strconv.ParseUint(id[i+1:], 10, 64)
	return id[:i], n, err == nil && n > 0
}
