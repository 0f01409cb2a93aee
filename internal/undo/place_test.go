package undo_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kvist/internal/journal"
	"kvist/internal/undo"
	"kvist/kv"
)

// cutKeys is how many keys the plan has that cutDeletion cuts off.
const cutKeys = 300

// past is a store of which a program deleted many keys until it was killed.
type past struct {
	*testing.T
	bare kv.Store
	root string
	dir  string
}

// cutDeletion returns such a store.
func cutDeletion(t *testing.T) *past {
	t.Helper()
	bare, _, dir := open(t)
	p := &past{t, bare, t.TempDir(), dir}
	fill(t, bare, dir+"many/", cutKeys)
	plan, err := kv.MakePlan(t.Context(), bare, dir+"many/")
	require.NoError(t, err)
	require.NoError(t, bare.Put(dir+"many/other", []byte("1"), nil)) // so that not all goes at once
	s, j := p.program()
	ctx, end := context.WithCancelCause(t.Context())
	_, err = plan.CarryOut(ctx, s, func(int) { end(kv.ErrCutOff) })
	require.NoError(t, err)
	require.NoError(t, j.Close())
	require.NotZero(t, p.there())
	require.Less(t, p.there(), cutKeys)
	return p
}

// program returns the store as a new program has it.
func (p *past) program() (kv.Store, *journal.Journal) {
	j := journal.New(p.root, journal.Store{Backend: "etcdv3", ID: "test"}, journal.Options{})
	p.Cleanup(func() { j.Close() })
	return kv.Recorded(p.bare, &journal.Recorder{Journal: j}), j
}

// there returns how many of the keys are there.
func (p *past) there() int {
	p.Helper()
	pairs, err := p.bare.List(p.dir + "many/")
	require.NoError(p, err)
	return len(pairs) - 1
}

// found returns what is asked about at the start of a program.
func (p *past) found(s kv.Store, j *journal.Journal) []*undo.CutOff {
	p.Helper()
	found, err := undo.FindCutOff(p.Context(), s, j)
	require.NoError(p, err)
	return found
}

// last returns what is undone next.
func (p *past) last(s kv.Store, j *journal.Journal) (journal.Entry, error) {
	return undo.Answered(p.Context(), s, j, func() (journal.Entry, error) { return undo.LastOwn(j, p.dir, nil) }, func(undo.Answer) {})
}

// takesBack undoes an entry.
func (p *past) takesBack(s kv.Store, j *journal.Journal, e journal.Entry) undo.Summary {
	p.Helper()
	u := undo.Undo{Store: s, Journal: j, Entry: e, Dir: p.dir}
	_, err := u.Preview(p.Context())
	require.NoError(p, err)
	did, err := u.Run(p.Context())
	require.NoError(p, err)
	return did
}

// A plan that was cut off keeps its place and its time when it is ended: what was
// written after it is undone before it.
func TestAPlanThatWasCutOffKeepsItsPlace(t *testing.T) {
	p := cutDeletion(t)
	s, j := p.program()
	began := time.Now()
	require.NoError(t, s.Put(p.dir+"newer", []byte("1"), nil))
	for _, c := range p.found(s, j) {
		require.NoError(t, c.Settle(j))
	}
	e, err := p.last(s, j)
	require.NoError(t, err)
	require.Equal(t, p.dir+"newer", e.Key)
	p.takesBack(s, j, e)
	e, err = p.last(s, j)
	require.NoError(t, err)
	require.NotNil(t, e.Plan)
	require.True(t, e.Time.Before(began), "it is as old as it was")
	require.Equal(t, "in part", e.State())
	p.takesBack(s, j, e)
	require.Equal(t, cutKeys, p.there())
	_, err = p.last(s, j)
	require.ErrorIs(t, err, undo.ErrNothing)
}

// A plan that was put off is undone in its turn, and nobody is asked about it then.
// As long as another program asks, it is not taken back by a mere undo.
func TestAPlanThatIsPutOffIsUndoneInItsTurn(t *testing.T) {
	p := cutDeletion(t)
	s, j := p.program()
	require.NoError(t, s.Put(p.dir+"newer", []byte("1"), nil))
	found := p.found(s, j)
	require.Len(t, found, 1)
	_, beside := p.program()
	e, err := undo.Older(beside, p.dir, entriesOf(t, beside)[0].ID, nil)
	var asked *undo.AskedError
	require.ErrorAs(t, err, &asked)
	require.Equal(t, found[0].Plans[0].ID, asked.Plan.ID)
	require.Equal(t, "cut off", entriesOf(t, beside)[1].State())
	require.Equal(t, asked.Plan.ID, e.ID)

	require.NoError(t, found[0].Leave())
	e, err = p.last(s, j)
	require.NoError(t, err)
	require.Equal(t, p.dir+"newer", e.Key)
	p.takesBack(s, j, e)
	e, err = p.last(s, j)
	require.NoError(t, err)
	require.Equal(t, asked.Plan.ID, e.ID)
	p.takesBack(s, j, e)
	require.Equal(t, cutKeys, p.there())
	_, err = p.last(s, j)
	require.ErrorIs(t, err, undo.ErrNothing)
	s, j = p.program()
	require.Empty(t, p.found(s, j))
}

// A plan of which nothing had been written is undone whole once it was carried on with,
// also if somebody else wrote one of its keys.
func TestAPlanThatWasCarriedOnFromTheBeginningIsUndone(t *testing.T) {
	bare, _, dir := open(t)
	p := &past{t, bare, t.TempDir(), dir}
	fill(t, bare, dir+"many/", 3)
	_, dead := p.program()
	plan := journal.Plan{Title: "delete many", Records: 3}
	require.NoError(t, dead.BeginPlan(&plan))
	pairs, err := bare.List(dir + "many/")
	require.NoError(t, err)
	var records []journal.Record
	for _, pair := range pairs {
		records = append(records, journal.Record{
			Plan: plan.ID, Op: "deleteplanned", Key: pair.Key,
			Before: &kv.Node{Key: pair.Key, Value: pair.Value, Index: pair.LastIndex},
		})
	}
	require.Len(t, records, 3)
	require.NoError(t, dead.Begin(records))
	require.NoError(t, dead.Close())
	require.NoError(t, bare.Put(pairs[0].Key, []byte("theirs"), nil))
	require.NoError(t, bare.Put(dir+"many/other", []byte("1"), nil))

	s, j := p.program()
	found := p.found(s, j)
	require.Len(t, found, 1)
	cut := &found[0].Plans[0]
	require.False(t, cut.Unsent)
	carried, err := undo.CarryOn(t.Context(), s, j, cut, dir, func(int) {})
	require.NoError(t, err)
	require.Equal(t, undo.Carried{Written: 2, Kept: 1}, carried)
	require.NoError(t, found[0].Settle(j))
	e, err := p.last(s, j)
	require.NoError(t, err)
	require.Equal(t, 2, p.takesBack(s, j, e).Restored)
	require.Equal(t, 3, p.there())
	_, err = p.last(s, j)
	require.ErrorIs(t, err, undo.ErrNothing)
}

// A plan of which the carrying on was cut off too is asked about once, with what all its
// parts have written; an undo puts all of it back and settles it.
func TestACarryingOnThatWasCutOffIsPartOfItsPlan(t *testing.T) {
	p := cutDeletion(t)
	s, j := p.program()
	found := p.found(s, j)
	before := p.there()
	ctx, end := context.WithCancelCause(t.Context())
	s = kv.Recorded(&cuts{breaks{p.bare, 20}, end}, &journal.Recorder{Journal: j})
	_, err := undo.CarryOn(ctx, s, j, &found[0].Plans[0], p.dir, func(int) {})
	require.ErrorIs(t, err, errDown)
	require.NoError(t, found[0].Leave())
	require.NoError(t, j.Close())
	require.Equal(t, before-20, p.there())

	s, j = p.program()
	found = p.found(s, j)
	require.Len(t, found, 1)
	require.Len(t, found[0].Plans, 1)
	cut := &found[0].Plans[0]
	require.Equal(t, cutKeys-p.there(), found[0].Done(cut))
	require.Equal(t, cutKeys, cut.Records)
	require.NoError(t, found[0].Leave())
	e, err := p.last(s, j)
	require.NoError(t, err)
	require.Equal(t, cut.ID, e.ID)
	p.takesBack(s, j, e)
	require.Equal(t, cutKeys, p.there())
	_, err = p.last(s, j)
	require.ErrorIs(t, err, undo.ErrNothing)
	require.Empty(t, p.found(s, j))
}

// cuts is a store whose program ends after some writes of nodes.
type cuts struct {
	breaks
	end context.CancelCauseFunc
}

func (c *cuts) WriteNodes(ctx context.Context, writes []kv.Write, done func(int, kv.Written)) error {
	err := c.breaks.WriteNodes(ctx, writes, done)
	if err != nil {
		c.end(kv.ErrCutOff)
	}
	return err
}
