package undo_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kvist/internal/journal"
	"kvist/internal/undo"
	"kvist/kv"
)

// speechless is a store whose answers are lost, after it has carried out what carries
// says, or before.
type speechless struct {
	kv.Store
	carries bool
}

func (s *speechless) lose(op kv.Op, key string, write func() error) error {
	if s.carries {
		if err := write(); err != nil {
			return err
		}
	}
	return &kv.Error{Op: op, Key: key, Kind: kv.ErrOutcomeUnknown}
}

func (s *speechless) AtomicPut(key string, value []byte, previous *kv.KVPair, o *kv.WriteOptions) (bool, *kv.KVPair, error) {
	return false, nil, s.lose(kv.OpAtomicPut, key, func() error {
		_, _, err := s.Store.AtomicPut(key, value, previous, o)
		return err
	})
}

func (s *speechless) AtomicDelete(key string, previous *kv.KVPair) (bool, error) {
	return false, s.lose(kv.OpAtomicDelete, key, func() error {
		_, err := s.Store.AtomicDelete(key, previous)
		return err
	})
}

func (s *speechless) DeletePlanned(ctx context.Context, plan *kv.Plan, progress func(int)) (kv.Report, error) {
	none := kv.Report{Left: len(plan.Keys)}
	err := s.lose(kv.OpDeletePlanned, plan.Prefix, func() error {
		_, err := plan.CarryOut(ctx, s.Store, progress)
		return err
	})
	for _, k := range plan.Keys {
		none.Kept = append(none.Kept, kv.Outcome{Key: k.Key, Err: err})
	}
	none.Left = 0
	return none, nil
}

// answered returns the entry that is to be undone, and what was found out before.
func answered(t *testing.T, s kv.Store, j *journal.Journal, dir string) (journal.Entry, []undo.Answer, error) {
	t.Helper()
	var told []undo.Answer
	e, err := undo.Answered(t.Context(), s, j, func() (journal.Entry, error) { return undo.Last(j, dir, nil) }, func(a undo.Answer) {
		told = append(told, a)
	})
	return e, told, err
}

// outcomes returns how the entries of a journal ended, the newest first.
func outcomes(t *testing.T, j *journal.Journal) []string {
	t.Helper()
	r, err := j.Read()
	require.NoError(t, err)
	defer r.Close()
	var list []string
	for {
		e, err := r.Next()
		if err != nil {
			return list
		}
		list = append(list, e.Outcome.String())
	}
}

// A single write that the server never answered is the next to be undone if the store
// shows that it was carried out, and is passed over if it was not, or if nobody can
// know any more. Either way the journal knows from then on.
func TestASingleWriteWithoutAnAnswerIsAskedAbout(t *testing.T) {
	const done, refused, unknown = "done", "refused", "unknown"
	for name, c := range map[string]struct {
		carried, over bool
		write         func(s kv.Store, key string) error
		hidden        bool
		outcome       string
		undone        string // what undoing leaves of the key
	}{
		"changed, and carried out": {carried: true, outcome: done, undone: "before"},
		"hidden, and carried out":  {carried: true, hidden: true, outcome: done},
		"changed, and lost":        {outcome: refused},
		"changed, and written over": {
			carried: true, over: true, outcome: unknown,
		},
		"deleted, and carried out": {carried: true, write: kv.Store.Delete, outcome: done, undone: "before"},
		"deleted, and lost":        {write: kv.Store.Delete, outcome: refused},
	} {
		t.Run(name, func(t *testing.T) {
			bare, j, dir := open(t)
			recorder := &journal.Recorder{Journal: j}
			s := kv.Recorded(bare, recorder)
			key := dir + "a"
			require.NoError(t, s.Put(key, []byte("before"), nil))
			recorder.Hide = func(string) bool { return c.hidden }
			write := c.write
			if write == nil {
				write = func(s kv.Store, key string) error { return s.Put(key, []byte("mine"), nil) }
			}
			require.ErrorIs(t, write(kv.Recorded(&speechless{bare, c.carried}, recorder), key), kv.ErrOutcomeUnknown)
			if c.over {
				require.NoError(t, bare.Put(key, []byte("theirs"), nil))
			}

			dry := j.Dry()
			e, told, err := answered(t, s, dry, dir)
			require.NoError(t, err)
			require.Len(t, told, 1)
			require.Equal(t, []string{c.outcome, done}, outcomes(t, dry))
			require.Equal(t, []string{unknown, done}, outcomes(t, j), "a dry run writes nothing")
			again, told, err := answered(t, s, j, dir)
			require.NoError(t, err)
			require.Len(t, told, 1)
			require.Equal(t, e.ID, again.ID)
			require.Equal(t, c.outcome == done, e.ID == told[0].Entry.ID)
			require.Equal(t, []string{c.outcome, done}, outcomes(t, j))
			_, told, err = answered(t, s, j, dir)
			require.NoError(t, err)
			require.Empty(t, told, "it is asked about once")
			if c.undone == "" {
				return
			}
			u := undo.Undo{Store: s, Journal: j, Entry: e, Dir: dir}
			_, err = u.Preview(t.Context())
			require.NoError(t, err)
			_, err = u.Run(t.Context())
			require.NoError(t, err)
			pair, err := bare.Get(key)
			require.NoError(t, err)
			require.Equal(t, c.undone, string(pair.Value))
			require.NoError(t, j.Close())
			orphans, err := j.Orphans()
			require.NoError(t, err)
			require.Empty(t, orphans)
		})
	}
}

// A plan of which no write was answered is undone too, if it was carried out; its entry
// stays where it was in the journal.
func TestAPlanWithoutAnyAnswerIsAskedAbout(t *testing.T) {
	for _, carried := range []bool{true, false} {
		bare, j, dir := open(t)
		s := kv.Recorded(bare, &journal.Recorder{Journal: j})
		for _, name := range []string{"a", "b", "c"} {
			require.NoError(t, bare.Put(dir+"gone/"+name, []byte(name), nil))
		}
		plan, err := kv.MakePlan(t.Context(), bare, dir+"gone/")
		require.NoError(t, err)
		deleter, _ := kv.As[kv.PlanDeleter](kv.Recorded(&speechless{bare, carried}, &journal.Recorder{Journal: j}))
		_, err = deleter.DeletePlanned(t.Context(), plan, func(int) {})
		require.NoError(t, err)
		require.NoError(t, s.Put(dir+"later", []byte("1"), nil))
		later, err := undo.Last(j, dir, nil)
		require.NoError(t, err)
		find := func() (journal.Entry, error) { return undo.Older(j, dir, later.ID, nil) }
		var told []undo.Answer
		e, err := undo.Answered(t.Context(), s, j, find, func(a undo.Answer) { told = append(told, a) })
		require.Len(t, told, 1)
		last, lastErr := undo.Last(j, dir, nil)
		require.NoError(t, lastErr)
		require.Equal(t, later.ID, last.ID)
		if !carried {
			require.ErrorIs(t, err, undo.ErrNothing)
			require.Equal(t, 3, told[0].Unwritten)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, []int{3, 3}, []int{told[0].Written, e.Plan.Written})
		u := undo.Undo{Store: s, Journal: j, Entry: e, Dir: dir}
		_, err = u.Preview(t.Context())
		require.NoError(t, err)
		did, err := u.Run(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, did.Restored)
	}
}

// When contact is back, this program's own writes are asked about without an undo.
func TestRecentWritesAreAskedAbout(t *testing.T) {
	bare, j, dir := open(t)
	s := kv.Recorded(&speechless{bare, true}, &journal.Recorder{Journal: j})
	require.ErrorIs(t, s.Put(dir+"a", []byte("1"), nil), kv.ErrOutcomeUnknown)
	other := journal.New(t.TempDir(), j.Store(), journal.Options{})
	defer other.Close()
	found, err := undo.AskRecent(t.Context(), bare, j)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, 1, found[0].Written)
	found, err = undo.AskRecent(t.Context(), bare, j)
	require.NoError(t, err)
	require.Empty(t, found)
	_, err = undo.AskRecent(t.Context(), down{}, other)
	require.NotErrorIs(t, err, errDown, "nothing is read where all is known")
}

// loses is a store that loses contact after some deletions: the last that were sent are
// not answered, and nothing can be read.
type loses struct {
	kv.Store
	mu    sync.Mutex
	after int // that are answered
}

func (l *loses) lost(op kv.Op, key string, kind error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.after > 0 {
		return nil
	}
	return &kv.Error{Op: op, Key: key, Kind: kind}
}

func (l *loses) AtomicDelete(key string, previous *kv.KVPair) (bool, error) {
	if err := l.lost(kv.OpAtomicDelete, key, kv.ErrOutcomeUnknown); err != nil {
		return false, err
	}
	ok, err := l.Store.AtomicDelete(key, previous)
	l.mu.Lock()
	l.after--
	l.mu.Unlock()
	return ok, err
}

func (l *loses) Get(key string) (*kv.KVPair, error) {
	if err := l.lost(kv.OpGet, key, kv.ErrNotReachable); err != nil {
		return nil, err
	}
	return l.Store.Get(key)
}

func (l *loses) List(dir string) ([]*kv.KVPair, error) {
	if err := l.lost(kv.OpList, dir, kv.ErrNotReachable); err != nil {
		return nil, err
	}
	return l.Store.List(dir)
}

// Where contact was lost in the middle of a plan, each key counts once, and one that was
// never sent does not count, also if the store is empty when contact is back.
func TestAPlanThatLostContactCountsItsKeys(t *testing.T) {
	const keys, answers = 200, 50
	for _, emptied := range []bool{false, true} {
		bare, j, dir := open(t)
		fill(t, bare, dir+"many/", keys)
		plan, err := kv.MakePlan(t.Context(), bare, dir+"many/")
		require.NoError(t, err)
		s := &loses{Store: bare, after: answers}
		deleter, _ := kv.As[kv.PlanDeleter](kv.Recorded(s, &journal.Recorder{Journal: j}))
		report, err := deleter.DeletePlanned(t.Context(), plan, func(int) {})
		require.ErrorIs(t, err, kv.ErrOutcomeUnknown)
		require.NotZero(t, report.Left)
		sent := report.Deleted
		if emptied {
			require.NoError(t, bare.DeleteTree(dir+"many/"))
			sent += len(report.Kept) // nobody can know better
		}
		e, _, err := answered(t, kv.Recorded(bare, &journal.Recorder{Journal: j}), j, dir)
		require.NoError(t, err)
		require.Equal(t, []int{sent, keys}, []int{e.Plan.Written, e.Plan.Records})
		done := 0
		require.NoError(t, j.Records(e.Plan, func(r journal.Record) bool {
			if r.Outcome == journal.Done {
				done++
			}
			return true
		}))
		require.Equal(t, sent, done)
	}
}
