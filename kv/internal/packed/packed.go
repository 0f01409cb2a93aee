package packed

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// State is what a snapshot holds of a key besides its name.
type State struct {
	Index  uint64
	Size   int  // bytes of its value; -1 when they are not known
	Marks  byte // the caller's; the highest bit is lost
	Folder bool // the name stands for all keys that begin with it, and is no key
}

// folderBit is where Folder is packed beside Marks.
const folderBit = 1 << 7

// pack returns Marks and Folder in one byte.
func (s State) pack() byte {
	if s.Folder {
		return s.Marks | folderBit
	}
	return s.Marks &^ folderBit
}

// Room bounds a snapshot. The zero value has no bound.
type Room struct {
	// Limit is how many bytes the names may take, as Snapshot.Cost counts
	// them; 0 is any number.
	Limit int64
	// Least is how many names are held whatever they take.
	Least int
	// Segment is what a tree of the names takes for each segment besides its
	// text, in bytes.
	Segment int
}

// Snapshot holds names in order, each written as what it does not share with
// the one before it. Two snapshots, filled by turns, show what changed between
// two answers without leaving garbage behind. The zero value is empty.
type Snapshot struct {
	// Room may be changed between Reset and the first Add.
	Room Room

	data     []byte
	last     []byte // the name added last
	names    int
	unsorted bool // the names did not come sorted, each once
	cost     int64
	cut      []byte // the first name left out for want of room; nil if none was
}

// Reset empties the snapshot and keeps its memory, its room and its cut.
func (s *Snapshot) Reset() {
	s.data, s.last, s.names, s.unsorted, s.cost = s.data[:0], s.last[:0], 0, false, 0
}

// Len returns how many names the snapshot holds, those of folders included.
func (s *Snapshot) Len() int { return s.names }

// Keys counts the names that are not those of folders.
func (s *Snapshot) Keys() int {
	n := 0
	for c := s.Cursor(); c.Next(); {
		if !c.State.Folder {
			n++
		}
	}
	return n
}

// Cost returns how many bytes the names take: here, in a second snapshot like
// this one, and in the caller's tree of them.
func (s *Snapshot) Cost() int64 { return s.cost }

// Cut returns the first name that was left out since there was no room; nil if
// none was. Every name behind it is left out as well.
func (s *Snapshot) Cut() []byte { return s.cut }

// CutAt leaves out name and all behind it; nil leaves out nothing.
func (s *Snapshot) CutAt(name []byte) { s.cut = name }

// EndsWith reports whether name was added last.
func (s *Snapshot) EndsWith(name []byte) bool { return s.names > 0 && bytes.Equal(name, s.last) }

// Add appends a name. They should come sorted and each once; Sort mends it
// where they do not.
func (s *Snapshot) Add(name []byte, state State) {
	if s.cut == nil && s.Room.Limit > 0 && s.cost > s.Room.Limit && s.names >= s.Room.Least {
		s.cut = bytes.Clone(name)
	}
	if s.cut != nil && bytes.Compare(name, s.cut) >= 0 {
		return
	}
	if s.names > 0 && bytes.Compare(name, s.last) <= 0 {
		s.unsorted = true
	}
	shared := 0
	for shared < min(len(name), len(s.last)) && name[shared] == s.last[shared] {
		shared++
	}
	fresh := name[shared:]
	before := len(s.data)
	s.data = binary.AppendUvarint(s.data, uint64(shared))
	s.data = binary.AppendUvarint(s.data, uint64(len(fresh)))
	s.data = append(s.data, fresh...)
	s.data = binary.AppendUvarint(s.data, state.Index)
	s.data = binary.AppendUvarint(s.data, uint64(state.Size+1)) // an unknown size is 0
	s.data = append(s.data, state.pack())
	s.last = append(s.last[:shared], fresh...)
	s.names++
	s.cost += int64(s.Room.Segment*(1+bytes.Count(fresh, []byte("/"))) + len(fresh) + 2*(len(s.data)-before))
}

// CopyFrom makes the snapshot hold what other holds. Its room stays.
func (s *Snapshot) CopyFrom(other *Snapshot) {
	s.data = append(s.data[:0], other.data...)
	s.last = append(s.last[:0], other.last...)
	s.names, s.unsorted, s.cost, s.cut = other.names, other.unsorted, other.cost, other.cut
}

// Replace gives each key the state that state returns for it. Folders keep
// theirs. It leaves no name out, whatever the room.
func (s *Snapshot) Replace(state func(name []byte, was State) State) {
	replaced := Snapshot{Room: Room{Segment: s.Room.Segment}}
	for c := s.Cursor(); c.Next(); {
		if !c.State.Folder {
			c.State = state(c.Name, c.State)
		}
		replaced.Add(c.Name, c.State)
	}
	replaced.Room, replaced.cut = s.Room, s.cut
	*s = replaced
}

// Sort orders names that did not come sorted. Where a name came twice, its last
// state counts.
func (s *Snapshot) Sort() {
	if !s.unsorted {
		return
	}
	type entry struct {
		name  string
		state State
	}
	entries := make([]entry, 0, s.names)
	for c := s.Cursor(); c.Next(); {
		entries = append(entries, entry{string(c.Name), c.State})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	*s = Snapshot{Room: s.Room, cut: s.cut}
	for i, e := range entries {
		if i+1 == len(entries) || entries[i+1].name != e.name {
			s.Add([]byte(e.name), e.state)
		}
	}
}

// Cursor returns a cursor that stands before the first name. The snapshot must
// not change while it is used.
func (s *Snapshot) Cursor() Cursor { return Cursor{data: s.data} }

// Cursor reads a snapshot, name by name.
type Cursor struct {
	Name  []byte // good until Next
	State State

	data []byte
}

// Next goes to the next name, and reports whether there is one.
func (c *Cursor) Next() bool {
	if len(c.data) == 0 {
		return false
	}
	shared, fresh := c.number(), c.number()
	c.Name = append(c.Name[:shared], c.data[:fresh]...)
	c.data = c.data[fresh:]
	c.State.Index = c.number()
	c.State.Size = int(c.number()) - 1
	c.State.Marks, c.State.Folder = c.data[0]&^folderBit, c.data[0]&folderBit != 0
	c.data = c.data[1:]
	return true
}

func (c *Cursor) number() uint64 {
	n, size := binary.Uvarint(c.data)
	c.data = c.data[size:]
	return n
}
