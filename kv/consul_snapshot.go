package kv

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// consulState is what a feed remembers of a key.
type consulState struct {
	index uint64
	size  int
	flags KeyFlags
}

// consulFolder marks a name that is a folder of a level, and no key.
const consulFolder KeyFlags = 1 << 7

func (s consulState) folder() bool { return s.flags&consulFolder != 0 }

// consulSnapshot is what a listing said of each key, sorted: a few bytes a key,
// since each is written as what it does not share with the one before it.
// Two of them, filled by turns, tell what changed between two answers without
// leaving garbage behind. The zero value is empty.
type consulSnapshot struct {
	data []byte
	last []byte // the key added last
	keys int
	torn bool // the keys did not come sorted, each once

	cost  int64  // bytes that the keys take, here and where they are kept as a tree
	limit int64  // that they may take; 0 for any number
	upTo  []byte // the first key that is left out since there was no room, and all behind it are; nil for none
}

// reset empties the snapshot and keeps its memory.
func (s *consulSnapshot) reset() {
	s.data, s.last, s.keys, s.torn, s.cost = s.data[:0], s.last[:0], 0, false, 0
}

// add appends a key. They come sorted from the server; where some are no UTF-8
// they may not once they came through JSON, which order mends.
func (s *consulSnapshot) add(key []byte, state consulState) {
	if s.upTo == nil && s.limit > 0 && s.cost > s.limit && s.keys >= levelLeast {
		s.upTo = bytes.Clone(key)
	}
	if s.upTo != nil && bytes.Compare(key, s.upTo) >= 0 {
		return
	}
	if s.keys > 0 && bytes.Compare(key, s.last) <= 0 {
		s.torn = true
	}
	shared := 0
	for shared < min(len(key), len(s.last)) && key[shared] == s.last[shared] {
		shared++
	}
	before := len(s.data)
	s.data = binary.AppendUvarint(s.data, uint64(shared))
	s.data = binary.AppendUvarint(s.data, uint64(len(key)-shared))
	s.data = append(s.data, key[shared:]...)
	s.data = binary.AppendUvarint(s.data, state.index)
	s.data = binary.AppendUvarint(s.data, uint64(state.size+1)) // -1 is a size not known
	s.data = append(s.data, byte(state.flags))
	s.last = append(s.last[:shared], key[shared:]...)
	s.keys++
	news := key[shared:]
	s.cost += int64(segmentCost*(1+bytes.Count(news, []byte("/"))) + len(news) + 2*(len(s.data)-before))
}

// copy makes the snapshot what other is.
func (s *consulSnapshot) copy(other *consulSnapshot) {
	s.data = append(s.data[:0], other.data...)
	s.last = append(s.last[:0], other.last...)
	s.keys, s.torn, s.cost, s.upTo = other.keys, other.torn, other.cost, other.upTo
}

// order sorts what did not come sorted; of keys that read the same the last
// one counts.
func (s *consulSnapshot) order() {
	if !s.torn {
		return
	}
	type entry struct {
		key   string
		state consulState
	}
	entries := make([]entry, 0, s.keys)
	for c := s.cursor(); c.next(); {
		entries = append(entries, entry{string(c.key), c.state})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	*s = consulSnapshot{limit: s.limit, upTo: s.upTo}
	for i, e := range entries {
		if i+1 == len(entries) || entries[i+1].key != e.key {
			s.add([]byte(e.key), e.state)
		}
	}
}

// count counts the keys that are no folders.
func (s *consulSnapshot) count() int {
	n := 0
	for c := s.cursor(); c.next(); {
		if !c.state.folder() {
			n++
		}
	}
	return n
}

// cursor stands before the first key.
func (s *consulSnapshot) cursor() consulCursor { return consulCursor{data: s.data} }

// consulCursor reads a snapshot, key by key.
type consulCursor struct {
	data  []byte
	key   []byte // good until next
	state consulState
}

// next goes to the next key; false when there is none.
func (c *consulCursor) next() bool {
	if len(c.data) == 0 {
		return false
	}
	shared, rest := c.number(), c.number()
	c.key = append(c.key[:shared], c.data[:rest]...)
	c.data = c.data[rest:]
	c.state.index = c.number()
	c.state.size = int(c.number()) - 1
	c.state.flags = KeyFlags(c.data[0])
	c.data = c.data[1:]
	return true
}

func (c *consulCursor) number() uint64 {
	n, size := binary.Uvarint(c.data)
	c.data = c.data[size:]
	return n
}

// consulChange is what became of a key between two snapshots.
type consulChange struct {
	key     []byte // good until the next change
	was, is consulState
	old     bool // it was there before
	here    bool // it is there now
}

// consulDiff gives each each key that is not the same in both, sorted.
func consulDiff(was, is *consulSnapshot, each func(consulChange)) {
	a, b := was.cursor(), is.cursor()
	left, right := a.next(), b.next()
	for left || right {
		var order int
		switch {
		case !right:
			order = -1
		case !left:
			order = 1
		default:
			order = bytes.Compare(a.key, b.key)
		}
		switch {
		case order < 0:
			each(consulChange{key: a.key, was: a.state, old: true})
		case order > 0:
			each(consulChange{key: b.key, is: b.state, here: true})
		case a.state != b.state:
			each(consulChange{key: b.key, was: a.state, is: b.state, old: true, here: true})
		}
		if order <= 0 {
			left = a.next()
		}
		if order >= 0 {
			right = b.next()
		}
	}
}
