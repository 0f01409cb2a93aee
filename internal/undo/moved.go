package undo

import (
	"context"
	"strings"
	"sync"

	"kvist/internal/journal"
	"kvist/kv"
)

// bound is what undoing a move within a store leaves alone: what the move brought, where
// that does not stand again at the other end. It may be the only one left.
type bound struct {
	on bool // it is such a move
	mu sync.Mutex
	// brings reports whether undoing a record brings its key back, while undoing the
	// others takes away what had been brought.
	brings func(*journal.Record) bool
	kept   map[string]bool // by key
	above  map[string]bool // the folders that hold one
	paths  bool            // a key needs the folders above it
}

// passes returns which records are taken back one after the other: of a move first those
// that bring back what it took away, since only then it is safe to delete what it brought.
func (u *Undo) passes() []func(*journal.Record) bool {
	b := &u.bound
	if b.on = isMove(u.Entry.Plan); !b.on {
		return []func(*journal.Record) bool{func(*journal.Record) bool { return true }}
	}
	redo := Redoes(&u.Entry)
	b.brings = func(r *journal.Record) bool { return r.Before != nil && (redo || r.After == nil) }
	b.kept, b.above, b.paths = map[string]bool{}, map[string]bool{}, kv.NatureOf(u.Store).Paths
	return []func(*journal.Record) bool{b.brings, func(r *journal.Record) bool { return !b.brings(r) }}
}

// keep notes that a record's key is not brought back, so that what is at the other end stays.
func (b *bound) keep(r *journal.Record) {
	if !b.on || !b.brings(r) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept[r.Other] = true
	for i, c := range []byte(r.Other) {
		if c == '/' && b.paths {
			b.above[r.Other[:i]] = true
		}
	}
}

// holds reports whether the key of a record stays. Of a record that does not say where its
// value came from, it does if any key is not brought back.
func (b *bound) holds(r *journal.Record) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := strings.TrimSuffix(r.Key, "/")
	return b.kept[r.Key] || b.above[key] || r.Other == "" && len(b.kept) > 0
}

// judge decides which steps leave alone what a move brought.
func (b *bound) judge(s *Summary, steps []Step) {
	if !b.on {
		return
	}
	for i := range steps {
		st := &steps[i]
		brings := b.brings(&st.Record)
		s.within = s.within || brings || st.Record.Other != ""
		switch {
		case brings && !st.Done && !st.writes():
			b.keep(&st.Record)
		case !brings && st.writes():
			st.Stays = b.holds(&st.Record)
		}
	}
}

// ended notes how a step ended.
func (b *bound) ended(step *Step, w kv.Written) {
	if w.Err != nil {
		b.keep(&step.Record)
	}
}

// moveBack gives those records their values of which the journal keeps only digests, and
// whose keys a move took away: from where they went, or where they stand again. It
// returns the records without those of which neither end has that value any more.
func (u *Undo) moveBack(ctx context.Context, s *Summary, records []journal.Record) ([]journal.Record, error) {
	var keys []string
	for i := range records {
		if r := &records[i]; r.Hidden && r.Before != nil {
			keys = append(keys, r.Key, r.Other)
		}
	}
	if len(keys) == 0 {
		return records, nil
	}
	values := map[string][]byte{}
	if _, err := kv.ReadNodes(ctx, u.Store, keys, func(n *kv.Node) { values[n.Key] = n.Value }); err != nil {
		return nil, err
	}
	kept := records[:0]
	for _, r := range records {
		if r.Hidden && r.Before != nil && !giveValue(&r, values[r.Key], values[r.Other]) {
			s.Hidden++
			u.bound.keep(&r)
			continue
		}
		kept = append(kept, r)
	}
	return kept, nil
}

// giveValue gives a record the one of values that its digest is of.
func giveValue(r *journal.Record, values ...[]byte) bool {
	for _, v := range values {
		if v != nil && journal.Sum(v) == r.BeforeSum {
			before := *r.Before
			before.Value, r.Before = v, &before
			return true
		}
	}
	return false
}
