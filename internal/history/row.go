package history

import (
	"fmt"
	"time"

	"kvist/kv"
)

// Row is a state of a key, or a remark on the states around it.
type Row struct {
	Kind Kind
	ID   ID
	// Index is LastIndex of the state, or the index of a deletion; 0 if nobody
	// knows it.
	Index   uint64
	Created uint64 // the index of the key's creation; 0 if unknown
	Version int64  // how often it had been written, as the store counts; 0 if unknown
	Deleted bool   // it is the key's absence
	// Value is the value if it is Known; Hidden says that the journal was told
	// not to keep it.
	Value         []byte
	Known, Hidden bool
	Size          int         // bytes of the value; -1 if unknown
	Owner         string      // the lease or session that it depended on; "" for none or unknown
	Flags         kv.KeyFlags // as far as a feed reported them
	// At is when it began; zero if that is not known. Found says that a
	// listing found it, some time after it began.
	At     time.Time
	Found  bool
	Now    bool // it is what is there now, as far as is known
	Source Source
	Record string // the ID of the journal's record that made it; "" for none
	// From is, of a Gap, the index of the state before it; of a SetBack, that
	// of the state above; of Unread, the revision at which the key was created.
	From uint64
}

// Kind is the kind of a row.
type Kind uint8

// The kinds of rows.
const (
	State     Kind = iota
	Gap            // between the state above and the one below others may have written
	Older          // the store keeps older versions, which were not read yet
	Compacted      // the store has compacted what was before
	Unread         // what was before the key's creation was not looked for
	Unkept         // the store keeps no history: what was before is not known
	SetBack        // the states above are none of the store's any more: it was set back
)

// Source is where a state is known from, as bits.
type Source uint8

// The bits of Source.
const (
	Kept    Source = 1 << iota // kept by the store
	Seen                       // read or followed by this kvist
	Written                    // written by a kvist that shares the journal
)

// Words names the source as the screen does, in as many words as matter: what
// the store itself keeps is beyond doubt.
func (s Source) Words() string {
	switch {
	case s&Written != 0:
		return "written by kvist"
	case s&Kept != 0:
		return ""
	default:
		return "seen by this kvist"
	}
}

// ID names a row for as long as its state is known: a cursor stays on it while
// others are added.
type ID struct {
	kind  Kind
	index uint64 // of the state, or of the deletion if it is known
	after uint64 // of a deletion: the index of the state that it ended, if known
}

// Is reports whether both name the same row, also if more became known of it.
func (id ID) Is(other ID) bool {
	return id == other || id.kind == other.kind && (id.index != 0 && id.index == other.index || id.after != 0 && id.after == other.after)
}

// Remark returns the sentence of a row that is no state; index is the store's
// word for its index.
func (r *Row) Remark(index string) string {
	switch r.Kind {
	case Gap:
		if r.From == 0 {
			return "gap: others may have written in between"
		}
		return fmt.Sprintf("gap after %s %d: others may have written", index, r.From)
	case Older:
		return "older versions are kept by the store"
	case Compacted:
		return "older versions, if there were any, are compacted"
	case Unread:
		return fmt.Sprintf("what was before %s %d was not looked for", index, r.From)
	case Unkept:
		return "what was before is not known: this store keeps no history"
	case SetBack:
		return fmt.Sprintf("the store is not at %s %d any more: it was set back to an older state", index, r.From)
	case State:
	}
	return ""
}
