package changes

import (
	"slices"
	"strings"

	"kvist/kv"
)

// Table is what is known of the keys, for a reader that has no tree.
type Table struct {
	keys    map[string]Known
	room    *kv.Room
	listed  map[string]bool // by the running listing, if it is not the first one
	started bool            // the first listing has begun
}

// NewTable returns an empty table, whose keys take their room from room.
func NewTable(room *kv.Room) *Table { return &Table{keys: map[string]Known{}, room: room} }

// Len returns the number of keys.
func (t *Table) Len() int { return len(t.keys) }

// Begin says that a listing begins.
func (t *Table) Begin() {
	if t.started {
		t.listed = map[string]bool{}
	}
	t.started = true
}

// Take brings the table up to date and returns what was known of the key
// before. The error is an ErrTooMany.
func (t *Table) Take(e kv.Event) (Known, error) {
	was, there := t.keys[e.Key]
	if !there {
		was.Size = -1
	}
	switch e.Kind {
	case kv.FolderEvent, kv.FolderGoneEvent:
		t.forget(strings.TrimSuffix(e.Key, "/") + "/")
		return Known{}, nil
	case kv.DeleteEvent:
		if there {
			t.drop(e.Key)
		}
		delete(t.listed, e.Key)
		return was, nil
	case kv.PutEvent:
	}
	if !there {
		if err := t.room.Take(e.Key); err != nil {
			return Known{}, err
		}
	}
	t.keys[e.Key] = Known{Side: Side{e.Index, e.Size, e.Flags}, There: true, Preview: e.Preview}
	if t.listed != nil {
		t.listed[e.Key] = true
	}
	return was, nil
}

// Swept is a key that a listing did not name.
type Swept struct {
	Key string
	Was Side
}

// End says that a listing has ended. It takes away the keys that were not in it
// and returns them, sorted.
func (t *Table) End() []Swept {
	if t.listed == nil {
		return nil
	}
	var gone []Swept
	for key, was := range t.keys {
		if !t.listed[key] {
			gone = append(gone, Swept{key, was.Side})
		}
	}
	for _, s := range gone {
		t.drop(s.Key)
	}
	slices.SortFunc(gone, func(a, b Swept) int { return strings.Compare(a.Key, b.Key) })
	t.listed = nil
	return gone
}

// forget drops the keys that begin with prefix.
func (t *Table) forget(prefix string) {
	for key := range t.keys {
		if strings.HasPrefix(key, prefix) {
			t.drop(key)
		}
	}
}

// drop takes a key away, and gives its room back.
func (t *Table) drop(key string) {
	t.room.Give(key)
	delete(t.keys, key)
}
