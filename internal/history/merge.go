package history

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"kvist/internal/changes"
	"kvist/internal/journal"
	"kvist/kv"
)

// Known is what is known of a key.
type Known struct {
	// Pages were read of the store; nil if it keeps no history.
	Pages *Pages
	// Present is the key as it was read now; nil if it was not read.
	Present *Present
	// Journal are the records of the key, in any order.
	Journal []journal.Record
	// Changes are those that the feed saw of the key, the oldest first.
	Changes []changes.Change
	// Value returns the value of a state, if it happened to be read; it may be
	// nil.
	Value func(index uint64) ([]byte, bool)
}

// Present is a key as it was read.
type Present struct {
	Pair *kv.KVPair // nil if there is no such key
	Meta *kv.Meta   // nil if the store has none
}

// Rows returns the states of the key, the newest first, with what must be said
// between them and after the last one.
func Rows(k Known) []Row {
	m := merger{states: map[uint64]*state{}, gone: map[uint64]*state{}, after: map[uint64]*state{}}
	m.addPages(k.Pages)
	m.addPresent(k.Present)
	for i := range k.Journal {
		m.addRecord(&k.Journal[i])
	}
	m.addChanges(k.Changes)
	m.addAbsence(k.Present)
	list := m.sorted(k.Pages)
	for _, s := range list {
		s.complete(k.Value)
	}
	return m.rows(list, k.Pages)
}

// state is a row that is being put together.
type state struct {
	Row
	after uint64 // of a deletion: the index of the state that it ended; 0 if unknown
	// before is the index of the state that this one is known to have followed
	// directly; afterGone is set if that was an absence.
	before    uint64
	connected bool
	afterGone bool
	current   bool // a source says that it is what is there now
}

// place orders states: a deletion without an index comes right after the state
// that it ended.
func (s *state) place() (uint64, int) {
	if s.Deleted && s.Index == 0 {
		return s.after, 1
	}
	return s.Index, 0
}

// merger puts states together. No two of a key have one index, and no state is
// deleted twice.
type merger struct {
	all    []*state
	states map[uint64]*state // by index
	gone   map[uint64]*state // deletions by index
	after  map[uint64]*state // deletions by the index of what they deleted
}

// state returns the state at an index, which is not 0.
func (m *merger) state(index uint64) *state {
	s := m.states[index]
	if s == nil {
		s = &state{Row: Row{Index: index, Size: -1}}
		m.states[index], m.all = s, append(m.all, s)
	}
	return s
}

// deletion returns the deletion at an index, or of the state at another one;
// either may be 0. It is nil if nobody can say where it belongs.
func (m *merger) deletion(index, after uint64) *state {
	s := m.gone[index]
	if other := m.after[after]; s == nil && other != nil && (index == 0 || other.Index == 0) {
		s = other
	}
	if index == 0 && after == 0 {
		return nil
	}
	if s == nil {
		s = &state{Row: Row{Deleted: true, Size: -1}}
		m.all = append(m.all, s)
	}
	if index != 0 {
		s.Index, m.gone[index] = index, s
	}
	if after != 0 && s.after == 0 {
		s.after, m.after[after] = after, s
	}
	return s
}

// addPages adds what the store keeps: each version follows the next one.
func (m *merger) addPages(p *Pages) {
	if p == nil {
		return
	}
	list := p.Versions.Versions
	for i := range list {
		v := &list[i]
		var older *kv.Version
		if i+1 < len(list) {
			older = &list[i+1]
		}
		var s *state
		if v.Deleted {
			after := uint64(0)
			if older != nil && !older.Deleted {
				after = older.Index
			}
			s = m.deletion(v.Index, after)
		} else {
			s = m.state(v.Index)
			s.Value, s.Known, s.Size = v.Value, true, len(v.Value)
			s.Created, s.Version, s.Owner = v.Created, v.Version, v.Lease
		}
		s.Source |= Kept
		s.current = i == 0
		s.connected = older != nil
		if older != nil {
			s.before = older.Index
		}
	}
}

// addPresent adds the key as it was read, with the time that ZooKeeper keeps.
func (m *merger) addPresent(p *Present) {
	if p == nil || p.Pair == nil || p.Pair.LastIndex == 0 {
		return
	}
	s := m.state(p.Pair.LastIndex)
	s.Source |= Seen
	s.current = true
	s.value(p.Pair.Value)
	if meta := p.Meta; meta != nil && meta.Modified == p.Pair.LastIndex {
		s.Created, s.Version = cmp.Or(s.Created, meta.Created), cmp.Or(s.Version, meta.Version)
		s.Owner, s.At = cmp.Or(s.Owner, meta.Owner), meta.ModifiedAt
	}
}

// addAbsence adds that the key is gone, if it was there by all that is known.
func (m *merger) addAbsence(p *Present) {
	if p == nil || p.Pair != nil || len(m.all) == 0 {
		return
	}
	newest := slices.MaxFunc(m.all, compare)
	if !newest.Deleted {
		s := m.deletion(0, newest.Index)
		s.Source, s.Found = s.Source|Seen, true
		newest = s
	}
	newest.current = true
}

// addRecord adds what a write replaced and what it made, if it was carried out.
func (m *merger) addRecord(r *journal.Record) {
	if r.Outcome != journal.Done {
		return
	}
	before := uint64(0)
	if r.Before != nil && r.Before.Index != 0 {
		before = r.Before.Index
		s := m.state(before)
		s.Source |= Seen
		s.node(r.Before, r.Hidden)
	}
	if m.isAnothers(r) {
		return
	}
	var s *state
	switch {
	case r.After == nil && r.Before != nil:
		s = m.deletion(r.Index, before)
	case r.After != nil && r.Index != 0 && r.Index != before:
		s = m.state(r.Index)
		s.node(made(r), r.Hidden)
	}
	if s == nil {
		return
	}
	s.Source |= Written
	s.Record = r.ID
	s.time(r.Time)
	s.follow(before)
}

// made returns what a write made. One that puts a key back names the session or lease
// that the key had, which the store may not have given again: an owner is certain only
// if the key had it just before.
func made(r *journal.Record) *kv.Node {
	if r.Op != string(kv.OpWriteNodes) || r.Before != nil && r.Before.Owner == r.After.Owner {
		return r.After
	}
	n := *r.After
	n.Owner = ""
	return &n
}

// isAnothers reports whether the state that a write made is not the one that has
// its index now: the store was set back, and others wrote since.
func (m *merger) isAnothers(r *journal.Record) bool {
	s := m.states[r.Index]
	return s != nil && s.Known && r.After != nil && !r.Hidden && !bytes.Equal(s.Value, r.After.Value)
}

// addChanges adds what a feed saw. Its last word is what is there now.
func (m *merger) addChanges(list []changes.Change) {
	last, gone := uint64(0), false
	var current *state
	for i := range list {
		c := &list[i]
		if c.Kind.Mark() {
			gone = false
			continue
		}
		exact := !c.Found && c.Missed == 0
		if c.Was.Index != 0 {
			last = c.Was.Index
			m.side(last, c.Was)
		}
		var s *state
		removed := c.Kind == changes.Removed || c.Kind == changes.FolderRemoved
		switch {
		case removed:
			s = m.deletion(c.Now.Index, last)
		case c.Now.Index != 0:
			s = m.side(c.Now.Index, c.Now)
			last = c.Now.Index
		}
		if s != nil && c.Now.Index != c.Was.Index {
			m.saw(s, c, exact, gone)
		}
		gone = removed && exact
		current = s
	}
	if current != nil {
		current.current = true
	}
}

// saw notes when a state was seen to begin, and what it followed.
func (m *merger) saw(s *state, c *changes.Change, exact, gone bool) {
	s.Source |= Seen
	switch {
	case c.Found && s.At.IsZero():
		s.Found = true
	case !c.Found:
		s.time(c.At)
	}
	switch {
	case !exact:
	case c.Was.Index != 0:
		s.follow(c.Was.Index)
	case c.Kind == changes.Added && gone:
		s.afterGone = true
	}
}

// side adds a state as a feed describes it.
func (m *merger) side(index uint64, side changes.Side) *state {
	s := m.state(index)
	s.Source |= Seen
	if s.Size < 0 {
		s.Size = side.Size
	}
	s.Flags |= side.Flags
	return s
}

// node adds what the journal says of a state.
func (s *state) node(n *kv.Node, hidden bool) {
	s.Owner = cmp.Or(s.Owner, n.Owner)
	if hidden {
		s.Hidden = !s.Known
		return
	}
	s.value(n.Value)
}

// value adds the value, unless it is known.
func (s *state) value(v []byte) {
	if !s.Known {
		s.Value, s.Known, s.Hidden, s.Size = v, true, false, len(v)
	}
}

// time adds when it began; what was noted first counts.
func (s *state) time(at time.Time) {
	if s.At.IsZero() {
		s.At, s.Found = at, false
	}
}

// follow notes which state this one is known to have followed.
func (s *state) follow(before uint64) {
	if !s.connected && before != 0 {
		s.before, s.connected = before, true
	}
}

// complete adds a value that happened to be read.
func (s *state) complete(value func(uint64) ([]byte, bool)) {
	if value == nil || s.Known || s.Deleted {
		return
	}
	if v, ok := value(s.Index); ok {
		s.value(v)
	}
}

// compare orders states, the oldest first.
func compare(a, b *state) int {
	at, sub := a.place()
	other, otherSub := b.place()
	return cmp.Or(cmp.Compare(at, other), cmp.Compare(sub, otherSub))
}

// sorted returns the states, the newest first. Where the store keeps history,
// nothing else counts between its versions, nor before the last of them as long
// as it has older ones.
func (m *merger) sorted(p *Pages) []*state {
	list := slices.DeleteFunc(m.all, func(s *state) bool { return !s.counts(p) })
	slices.SortFunc(list, func(a, b *state) int { return compare(b, a) })
	return joined(list)
}

// joined returns the states with one deletion in place of two without a state
// between them: a key that is gone cannot be deleted.
func joined(list []*state) []*state {
	kept := list[:0]
	for _, s := range list {
		if n := len(kept); n > 0 && s.Deleted && kept[n-1].Deleted && (s.Index == 0 || kept[n-1].Index == 0) {
			kept[n-1].join(s)
			continue
		}
		kept = append(kept, s)
	}
	return kept
}

// counts reports whether a state is shown beside those that the store keeps.
func (s *state) counts(p *Pages) bool {
	if p == nil || len(p.Versions.Versions) == 0 || s.Source&Kept != 0 {
		return true
	}
	place, _ := s.place()
	if place > p.Versions.Versions[0].Index {
		return true
	}
	return place < p.Last() && !p.More
}

// join adds what is known of the same deletion.
func (s *state) join(other *state) {
	s.Index, s.after = max(s.Index, other.Index), max(s.after, other.after)
	s.Source |= other.Source
	s.current = s.current || other.current
	s.Record = cmp.Or(s.Record, other.Record)
	if s.At.IsZero() {
		s.At, s.Found = other.At, other.Found
	}
	if !s.connected {
		s.before, s.connected = other.before, other.connected
	}
}

// follows reports whether a state is known to have followed another one with
// nothing in between.
func (s *state) follows(older *state) bool {
	if older.Deleted {
		return s.afterGone || s.connected && s.before == older.Index && older.Index != 0
	}
	return s.connected && s.before == older.Index
}

// rows returns the rows of the states.
func (m *merger) rows(list []*state, p *Pages) []Row {
	rows := make([]Row, 0, len(list)+1)
	end, more := endOf(p)
	if more && p != nil && len(p.Versions.Versions) == 0 && len(list) > 0 && !list[0].current {
		rows, more = append(rows, end), false
	}
	now := max(0, slices.IndexFunc(list, func(s *state) bool { return s.current }))
	for i, s := range list {
		s.Now = i == now
		switch {
		case i == 0:
		case i == now:
			rows = append(rows, Row{Kind: SetBack, From: list[i-1].Index, ID: ID{kind: SetBack}, Size: -1})
		case more && p != nil && s.Source&Kept == 0 && list[i-1].Source&Kept != 0:
			rows, more = append(rows, end), false
		case !list[i-1].follows(s):
			gap := s.id()
			gap.kind = Gap
			rows = append(rows, Row{Kind: Gap, From: s.Index, ID: gap, Size: -1})
		}
		s.ID = s.id()
		rows = append(rows, s.Row)
	}
	if more {
		rows = append(rows, end)
	}
	return rows
}

// id returns the state's name.
func (s *state) id() ID { return ID{index: s.Index, after: s.after} }

// endOf returns what is said after the last state that the store keeps; not ok
// if there was nothing before.
func endOf(p *Pages) (Row, bool) {
	r := Row{Size: -1}
	switch {
	case p == nil:
		r.Kind = Unkept
	case p.More:
		r.Kind = Older
	case p.Compacted:
		r.Kind = Compacted
	case p.Unread != 0:
		r.Kind, r.From = Unread, p.Unread
	default:
		return r, false
	}
	r.ID = ID{kind: r.Kind}
	return r, true
}
