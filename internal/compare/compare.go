package compare

import (
	"bytes"
	"cmp"
	"context"
	"errors"

	"kvist/internal/textdiff"
	"kvist/internal/transfer"
	"kvist/kv"
)

// Kind is how a key differs.
type Kind uint8

// The kinds of differences.
const (
	OnlyA       Kind = iota // only the first side has it
	OnlyB                   // only the second side has it
	Differs                 // its value differs
	Alike                   // the values are the same data, in another layout or order
	Unread                  // a value may not be read; only with Options.Unread
	MetaDiffers             // only its metadata differs; only with Options.Meta
	Same                    // no difference: none is reported
)

// String is the word for the kind, in files.
func (k Kind) String() string {
	return [...]string{"only_a", "only_b", "differs", "alike", "unread", "meta", "same"}[k]
}

// State is what one side has of a key.
type State struct {
	Key   string // in full
	Index uint64 // 0 in a file
	Size  int    // of the value in bytes; -1 if it is unknown
	Value []byte // nil unless it was read
}

// Difference is a key that is not the same on both sides.
type Difference struct {
	Name transfer.Name
	Kind Kind
	A, B *State // nil on the side that does not have it
	Meta []MetaDifference
}

// Options say how to compare. The zero value compares data.
type Options struct {
	// Bytes takes values for different that are not the same bytes, even if
	// they are the same data in another layout.
	Bytes bool
	// Values reads the values of all keys that differ.
	Values bool
	// Ignore, where it is not nil, reports whether to leave a key out.
	Ignore func(name string) bool
	// OneStore says that both sides are of one store, so that equal indexes of
	// a key mean that it did not change.
	OneStore bool
	// Meta compares what keys have besides values, too, as MetaCompared says.
	Meta bool
	// Unread reports keys whose values may not be read, rather than giving up.
	Unread bool
	// Progress, where it is not nil, is called with the number of keys that
	// were compared so far.
	Progress func(done int)
}

// Totals count what was compared.
type Totals struct {
	Same, OnlyA, OnlyB, Differs, Alike, Unread, MetaDiffers int

	Ignored int
	Read    int // values, of one side or the other
}

// Different reports whether the sides are.
func (t *Totals) Different() bool { return t.OnlyA+t.OnlyB+t.Differs+t.Unread+t.MetaDiffers > 0 }

const (
	// batchKeys bounds how many values of a side are read at a time.
	batchKeys = 2000
	// batchBytes is how many bytes they should have at most, and guessed the
	// size of a value of which it is unknown.
	batchBytes, guessed = 8 << 20, 512
	// batchesAhead is how many batches are read at a time.
	batchesAhead = 3
)

// Run calls visit with each difference, in the order of the names.
func Run(ctx context.Context, a, b *Side, options Options, visit func(*Difference) error) (Totals, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &run{a: a, b: b, Options: options, visit: visit}
	ahead := batchesAhead
	if a.serial || b.serial {
		ahead = 1
	}
	var pending []*batch
	take := func() error {
		first := pending[0]
		pending = pending[1:]
		<-first.done
		return r.report(first)
	}
	for more := true; more; {
		var next *batch
		next, more = r.next()
		go next.read(ctx, r)
		pending = append(pending, next)
		if len(pending) >= ahead {
			if err := take(); err != nil {
				return r.totals, err
			}
		}
	}
	for len(pending) > 0 {
		if err := take(); err != nil {
			return r.totals, err
		}
	}
	return r.totals, nil
}

// run is a comparison that is under way.
type run struct {
	a, b *Side
	Options
	visit  func(*Difference) error
	totals Totals
	i, j   int // the next keys of both sides
}

// batch is some keys that are not known to be the same.
type batch struct {
	found  []found
	done   chan struct{}
	err    error
	denied bool // some values may not be read
	values int
	upTo   int // keys of both sides that were looked at
}

// found is a key of one side or both, with the values if they were read.
type found struct {
	a, b           *key
	needA, needB   bool
	valueA, valueB []byte
	nodeA, nodeB   *kv.Node // only with Options.Meta
}

// next joins the keys of both sides until a batch is full. more is false at the
// end.
func (r *run) next() (b *batch, more bool) {
	b = &batch{done: make(chan struct{})}
	bytes, needed := 0, 0
	for r.i < len(r.a.keys) || r.j < len(r.b.keys) {
		f, ok := r.step()
		if !ok {
			continue
		}
		b.found = append(b.found, f)
		for _, side := range []struct {
			need bool
			key  *key
		}{{f.needA, f.a}, {f.needB, f.b}} {
			if !side.need {
				continue
			}
			needed++
			if bytes += side.key.size; side.key.size < 0 {
				bytes += guessed + 1
			}
		}
		if needed >= 2*batchKeys || bytes >= batchBytes || len(b.found) >= 20*batchKeys {
			b.upTo = r.i + r.j
			return b, true
		}
	}
	b.upTo = r.i + r.j
	return b, false
}

// step takes the next key, of one side or of both. It returns false if there is
// nothing to say about it.
func (r *run) step() (f found, ok bool) {
	var order int
	switch {
	case r.i == len(r.a.keys):
		order = 1
	case r.j == len(r.b.keys):
		order = -1
	default:
		order = r.a.keys[r.i].before(&r.b.keys[r.j])
	}
	implied := false
	if order <= 0 {
		f.a = &r.a.keys[r.i]
		implied = order < 0 && r.a.implied(r.i)
		r.i++
	}
	if order >= 0 {
		f.b = &r.b.keys[r.j]
		implied = order > 0 && r.b.implied(r.j)
		r.j++
	}
	if implied {
		return f, false
	}
	if r.Ignore != nil && r.Ignore(nameOf(f)) {
		r.totals.Ignored++
		return f, false
	}
	if r.same(&f) {
		r.totals.Same++
		return f, false
	}
	r.need(&f)
	return f, true
}

// nameOf returns the name of a key that was found.
func nameOf(f found) string {
	if f.a != nil {
		return f.a.name
	}
	return f.b.name
}

// same reports whether both are known to be the same without their values.
func (r *run) same(f *found) bool {
	if f.a == nil || f.b == nil {
		return false
	}
	empty := func(k *key) bool { return k.folder || k.size == 0 && !r.Meta }
	return r.OneStore && f.a.index == f.b.index && f.a.index != 0 && f.a.full == f.b.full || empty(f.a) && empty(f.b)
}

// need says which values have to be read.
func (r *run) need(f *found) {
	both := f.a != nil && f.b != nil
	known := both && f.a.size >= 0 && f.b.size >= 0 && f.a.size != f.b.size
	undecided := both && (!known || r.Meta || !r.Bytes && f.a.size > 0 && f.b.size > 0)
	f.needA = f.a != nil && !f.a.folder && (r.Values || undecided)
	f.needB = f.b != nil && !f.b.folder && (r.Values || undecided)
}

// read reads the values of a batch, of both sides at once.
func (b *batch) read(ctx context.Context, r *run) {
	defer close(b.done)
	errs := make(chan error, 1)
	go func() {
		errs <- b.side(ctx, r.a, r.Meta, func(f *found) (*key, *[]byte, **kv.Node) {
			if !f.needA {
				return nil, nil, nil
			}
			return f.a, &f.valueA, &f.nodeA
		})
	}()
	b.err = b.side(ctx, r.b, r.Meta, func(f *found) (*key, *[]byte, **kv.Node) {
		if !f.needB {
			return nil, nil, nil
		}
		return f.b, &f.valueB, &f.nodeB
	})
	b.err = cmp.Or(unlessDenied(r, <-errs, &b.denied), unlessDenied(r, b.err, &b.denied))
	for i := range b.found {
		if b.found[i].needA {
			b.values++
		}
		if b.found[i].needB {
			b.values++
		}
	}
}

// unlessDenied returns err, unless it only says that some values may not be read and
// those are reported.
func unlessDenied(r *run, err error, denied *bool) error {
	if r.Unread && errors.Is(err, kv.ErrIncomplete) {
		*denied = true
		return nil
	}
	return err
}

// side reads the values of one side, or the nodes.
func (b *batch) side(ctx context.Context, s *Side, meta bool, of func(*found) (*key, *[]byte, **kv.Node)) error {
	var keys []*key
	var into []*[]byte
	var nodesInto []**kv.Node
	for i := range b.found {
		if k, value, node := of(&b.found[i]); k != nil {
			keys, into, nodesInto = append(keys, k), append(into, value), append(nodesInto, node)
		}
	}
	if len(keys) == 0 {
		return ctx.Err()
	}
	if meta {
		nodes, err := s.nodes(ctx, keys)
		for i, n := range nodes {
			*into[i], *nodesInto[i] = valueOf(n), n
		}
		return err
	}
	values, err := s.values(ctx, keys)
	for i := range values {
		*into[i] = values[i]
	}
	return err
}

// report decides about the keys of a batch, and passes on what differs.
func (r *run) report(b *batch) error {
	if b.err != nil {
		return b.err
	}
	r.totals.Read += b.values
	for i := range b.found {
		d := r.decide(&b.found[i], b.denied)
		if d == nil {
			continue
		}
		if err := r.visit(d); err != nil {
			return err
		}
	}
	if r.Progress != nil {
		r.Progress(b.upTo)
	}
	return nil
}

// decide returns how a key differs; nil if it does not.
func (r *run) decide(f *found, denied bool) *Difference {
	lacksA, lacksB := f.needA && f.valueA == nil, f.needB && f.valueB == nil
	unread := denied && (lacksA || lacksB)
	// A key that is gone by now is one that the side does not have.
	if lacksA && !unread {
		f.a = nil
	}
	if lacksB && !unread {
		f.b = nil
	}
	if f.a == nil && f.b == nil {
		return nil
	}
	d := &Difference{A: stateOf(f.a, f.valueA), B: stateOf(f.b, f.valueB)}
	switch {
	case f.b == nil:
		d.Kind, d.Name = OnlyA, transfer.Name{Rel: f.a.name, Own: f.a.own}
		r.totals.OnlyA++
		return d
	case f.a == nil:
		d.Kind = OnlyB
		r.totals.OnlyB++
	case unread && f.a != nil:
		d.Kind = Unread
		r.totals.Unread++
	case f.folderIsEmpty():
		r.totals.Same++
		return nil
	case f.needA && f.needB && bytes.Equal(f.valueA, f.valueB):
		if d.Meta = r.meta(f); d.Meta == nil {
			r.totals.Same++
			return nil
		}
		d.Kind = MetaDiffers
		r.totals.MetaDiffers++
	case f.needA && f.needB && !r.Bytes && alike(f):
		d.Kind = Alike
		if d.Meta = r.meta(f); d.Meta != nil {
			d.Kind = MetaDiffers
			r.totals.MetaDiffers++
			break
		}
		r.totals.Alike++
	default:
		d.Meta = r.meta(f)
		d.Kind = Differs
		r.totals.Differs++
	}
	d.Name = transfer.Name{Rel: f.b.name, Own: f.b.own}
	return d
}

// folderIsEmpty reports whether one is a directory without a value, and the other has an empty one,
// as a directory has where each has a value.
func (f *found) folderIsEmpty() bool {
	return f.a != nil && f.b != nil && f.a.folder != f.b.folder && (f.needA || f.needB) && len(f.valueA)+len(f.valueB) == 0
}

// meta returns how the metadata of a key differs.
func (r *run) meta(f *found) []MetaDifference {
	if f.nodeA == nil || f.nodeB == nil {
		return nil
	}
	return Meta(f.nodeA, f.nodeB, r.a.nature, r.b.nature)
}

// largestAlike is the size in bytes up to which values are taken apart.
const largestAlike = 1 << 20

// alike reports whether two values are the same data in another layout.
func alike(f *found) bool {
	return max(len(f.valueA), len(f.valueB)) <= largestAlike && textdiff.Alike(f.a.name, f.valueA, f.valueB)
}

// stateOf returns what a side has of a key.
func stateOf(k *key, value []byte) *State {
	if k == nil {
		return nil
	}
	s := &State{Key: k.full, Index: k.index, Size: k.size, Value: value}
	if value != nil {
		s.Size = len(value)
	}
	return s
}
