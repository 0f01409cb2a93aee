package undo

import (
	"bytes"
	"context"
	"errors"

	"kvist/internal/journal"
	"kvist/kv"
)

// Why a write cannot be taken back.
var (
	// ErrNothing says that the journal holds nothing that is still to be undone.
	ErrNothing = errors.New("nothing left to undo")
	// ErrHidden says that the journal keeps only a digest of the value.
	ErrHidden = errors.New("the journal keeps no values of this key")
	// ErrNotDone says that the write was not carried out.
	ErrNotDone = errors.New("it was not carried out")
	// ErrNoUndo says that what was done ends by itself, such as a lock.
	ErrNoUndo = errors.New("it cannot be undone")
)

// Step takes one write back.
type Step struct {
	Record journal.Record
	// Write puts back what the record replaced, guarded by what is there now.
	Write kv.Write
	// Now is what is there now; nil: no key.
	Now *kv.Node
	// Conflict says that somebody else wrote since: Now is neither what the
	// record made nor what an undo of this journal made of it.
	Conflict bool
	// Done says that what would be put back is there already.
	Done bool
}

// check returns why the record cannot be undone; nil when it can.
func check(r *journal.Record) error {
	switch {
	case r.Outcome != journal.Done:
		return ErrNotDone
	case r.Hidden:
		return ErrHidden
	case r.Before == nil && r.After == nil:
		return ErrNoUndo
	}
	return nil
}

// Own are the indexes that the writes of a journal gave to keys, by key: what
// stands at one of them was put there by kvist.
type Own map[string][]uint64

// add notes the index that a record made.
func (o Own) add(r *journal.Record) {
	if r.Outcome == journal.Done && r.Index != 0 {
		o[r.Key] = append(o[r.Key], r.Index)
	}
}

// has reports whether the node was put there by the journal's writes.
func (o Own) has(n *kv.Node) bool {
	for _, index := range o[n.Key] {
		if index == n.Index {
			return true
		}
	}
	return false
}

// stepOf works out the step for a record, given what is there now.
func stepOf(r journal.Record, now *kv.Node, own Own) Step {
	s := Step{Record: r, Now: now}
	var after *kv.Node
	if r.Before != nil {
		node := *r.Before
		node.Index = 0
		after = &node
	}
	s.Write = kv.Write{Key: r.Key, Before: now, After: after, Undoes: r.ID}
	s.Done = now.SameAs(after)
	s.Conflict = !s.Done && !stands(&r, now, own)
	return s
}

// stands reports whether what the record made is what is there now: the very
// same, or the same again after other writes of the journal were undone.
func stands(r *journal.Record, now *kv.Node, own Own) bool {
	if now == nil || r.After == nil {
		return now == nil && r.After == nil
	}
	return now.Index == r.Index || own.has(now) && bytes.Equal(now.Value, r.After.Value)
}

// Steps works out the steps for records of one plan or of single writes, some
// thousand at once at most.
func Steps(ctx context.Context, s kv.Store, records []journal.Record, own Own) ([]Step, error) {
	keys := make([]string, 0, len(records))
	for i := range records {
		if err := check(&records[i]); err != nil {
			return nil, err
		}
		keys = append(keys, records[i].Key)
	}
	now := make(map[string]*kv.Node, len(keys))
	denied, err := kv.ReadNodes(ctx, s, keys, func(n *kv.Node) { now[n.Key] = n })
	if err == nil && denied > 0 {
		err = kv.ErrDenied
	}
	if err != nil {
		return nil, err
	}
	steps := make([]Step, len(records))
	for i, r := range records {
		steps[i] = stepOf(r, now[r.Key], own)
	}
	return steps, nil
}
