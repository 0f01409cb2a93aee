package undo

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"kvist/internal/journal"
	"kvist/kv"
)

// Why a write cannot be taken back.
var (
	// ErrNothing says that the journal holds nothing that is still to be undone.
	ErrNothing = errors.New("nothing left to undo")
	// ErrOthers says that the journal holds only what another program, which still
	// runs, is to undo.
	ErrOthers = errors.New("only what another kvist wrote, which still runs, is left to undo")
	// ErrNoEntry says that the journal has no entry with that ID, or no longer.
	ErrNoEntry = errors.New("the journal has no such entry any more")
	// ErrHidden says that the journal keeps only a digest of the value.
	ErrHidden = errors.New("the journal keeps no values of this key")
	// ErrNotDone says that the write was not carried out.
	ErrNotDone = errors.New("it was not carried out")
	// ErrNoUndo says that what was done ends by itself, such as a lock.
	ErrNoUndo = errors.New("it cannot be undone")
)

// Barred reports whether Preview returned why the entry can never be undone from
// here, so that only older ones are of use.
func Barred(err error) bool {
	for _, why := range []error{ErrHidden, ErrNotDone, ErrNoUndo, ErrOutside, journal.ErrNoPlan, kv.ErrDenied} {
		if errors.Is(err, why) {
			return true
		}
	}
	return false
}

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
	// SetBack says that Now is older than what the journal knows of the key, in a
	// Conflict: the store was set back to an older state.
	SetBack bool
	// Done says that what would be put back is there already.
	Done bool
	// Ended says that what would be put back is ephemeral, which only its session can make, so that
	// nothing is put back.
	Ended bool
	// Stays says that it is what a move brought, which is left alone since the key that it
	// came from does not stand again: it may be the only one.
	Stays bool
	// Used says that what would be deleted is a folder that holds keys that stay, so that it
	// stays too.
	Used bool
	// Lost are words for what cannot be given back, such as the session that held
	// the key, also where it is Done otherwise.
	Lost     []string
	typeless bool // see Summary
}

// check returns why the record cannot be undone; nil when it can.
func check(r *journal.Record) error {
	switch {
	case r.Outcome != journal.Done && !unanswered(r):
		return ErrNotDone
	case r.Before == nil && r.After == nil:
		return ErrNoUndo
	case hiddenOf(r) > 0:
		return ErrHidden
	}
	return nil
}

// stepOf works out the step for a record, given what is there now.
func stepOf(r journal.Record, now *kv.Node) Step {
	s := Step{Record: r, Now: now}
	var after *kv.Node
	if r.Before != nil {
		node := *r.Before
		node.Index = 0
		after = &node
	}
	s.Write = kv.Write{Key: r.Key, Before: now, After: after, Undoes: r.ID, Redoes: r.Undoes != "" && !r.Redo, Other: r.Other}
	s.Done = now.SameAs(after)
	s.Ended = now == nil && after != nil && after.Type == kv.EphemeralNode
	s.Conflict = !s.Done && !s.Ended && !stands(&r, now)
	s.SetBack = s.Conflict && now != nil && now.Index != 0 && (now.Index < r.Index || r.Before != nil && now.Index < r.Before.Index)
	return s
}

// writes reports whether the step changes anything.
func (s *Step) writes() bool { return !s.Done && !s.Conflict && !s.Ended && !s.Stays && !s.Used }

// given returns the node that is put back without what the key has still: a value
// that is written to it leaves its session or lease as it is.
func (s *Step) given() *kv.Node {
	after := *s.Write.After
	if now := s.Now; now != nil && now.Owner != "" && now.Owner == after.Owner {
		after.Owner, after.Type, after.TTL, after.Left = "", kv.PlainNode, 0, 0
	}
	return &after
}

// stands reports whether what the record made is what is there now. The index alone
// does not say so: a store that was set back to an older state gives it again.
func stands(r *journal.Record, now *kv.Node) bool {
	switch {
	case now == nil || r.After == nil:
		return now == nil && r.After == nil
	case now.Index != r.Index:
		return false
	}
	return holds(r, now)
}

// again reports whether what is there now is what the record made, made again
// by other writes of the journal, which were undone since.
func (s *Step) again(o *own) bool {
	after := s.Record.After
	return s.Now != nil && after != nil && bytes.Equal(s.Now.Value, after.Value) && o.has(s.Now)
}

// onlyOwned returns the node that a step puts back, if the key is as it was but for
// its owner; else nil.
func (s *Step) onlyOwned() *kv.Node {
	after := s.Write.After
	if !s.writes() || s.Now == nil || after == nil || after.Owner == "" || s.Now.Owner != "" {
		return nil
	}
	free := *after
	free.Owner, free.TTL, free.Left, free.Type = "", 0, 0, kv.PlainNode
	if !free.SameAs(s.Now) {
		return nil
	}
	return after
}

// leaveOwners makes steps Done that would write a key as it is, since nobody can
// give it back its session.
func leaveOwners(ctx context.Context, s kv.Store, steps []Step) error {
	var nodes []*kv.Node
	var of []*Step
	for i := range steps {
		if n := steps[i].onlyOwned(); n != nil {
			nodes, of = append(nodes, n), append(of, &steps[i])
		}
	}
	if len(nodes) == 0 {
		return nil
	}
	lost, err := kv.Unkept(ctx, s, nodes)
	for i, words := range lost {
		if slices.Contains(words, kv.LostSession) {
			of[i].Done, of[i].Lost = true, words
		}
	}
	return err
}

// newSteps works out the steps for records, some thousand at once at most.
func newSteps(ctx context.Context, s kv.Store, records []journal.Record) ([]Step, error) {
	now, err := nodesNow(ctx, s, records)
	if err != nil {
		return nil, err
	}
	steps := make([]Step, len(records))
	for i, r := range records {
		steps[i] = stepOf(r, now[r.Key])
	}
	return steps, nil
}

// nodesNow reads what is there now of the records' keys, by key.
func nodesNow(ctx context.Context, s kv.Store, records []journal.Record) (map[string]*kv.Node, error) {
	keys := make([]string, len(records))
	for i := range records {
		keys[i] = records[i].Key
	}
	now := make(map[string]*kv.Node, len(keys))
	denied, err := kv.ReadNodes(ctx, s, keys, func(n *kv.Node) { now[n.Key] = n })
	if err == nil && denied > 0 {
		err = kv.ErrDenied
	}
	return now, err
}
