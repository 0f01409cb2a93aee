package kv

import (
	"context"
	"errors"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Plan is exactly which keys a recursive delete removes: what an operator
// agrees to is what is carried out, and nothing that came since.
type Plan struct {
	Prefix string
	// Keys are the key Prefix itself, if there is one, and all below it,
	// sorted, without their values. A Prefix that ends in a slash leaves the key
	// without one alone, where the store tells the two apart.
	Keys []PlannedKey
	// Siblings are keys that only share text with Prefix and stay, at most
	// the first few. It is filled in by who knows them.
	Siblings []string
	// Unseen says why there may be keys that the plan does not know, and so
	// leaves alone: the login may not read all of the subtree. Nil when the
	// plan is whole.
	Unseen error
	// Hidden says what the store leaves out of every listing, where a directory
	// of the plan may hold such: it is then kept, with what is in it. "" where
	// that cannot be.
	Hidden string

	seal planSeal
}

// PlannedKey is one key that a plan removes, in the state that was agreed to.
type PlannedKey struct {
	Key   string
	Index uint64
	Size  int
	Flags KeyFlags
}

// PlanTotals is what a plan removes, summed up.
type PlanTotals struct {
	Bytes   int64 // of the values whose size is known
	Unsized int   // keys whose size the listing did not tell
	Locked  int   // keys that somebody holds as a lock, or waits for
	Owned   int   // keys that are ephemeral or leased
}

// Totals sums all keys up, which takes a while for very many.
func (p *Plan) Totals() PlanTotals {
	var t PlanTotals
	for _, k := range p.Keys {
		if k.Size < 0 {
			t.Unsized++
		} else {
			t.Bytes += int64(k.Size)
		}
		if k.Flags&LockedKey != 0 {
			t.Locked++
		}
		if k.Flags&(Ephemeral|Leased) != 0 {
			t.Owned++
		}
	}
	return t
}

// MakePlan reads what a recursive delete of prefix would remove. ErrKeyNotFound when there is nothing to delete.
func MakePlan(ctx context.Context, s Store, prefix string) (*Plan, error) {
	if strings.Trim(prefix, "/") == "" {
		return nil, &Error{Op: "plan", Key: prefix, Kind: ErrInvalidKey, Err: errors.New("refusing to plan the deletion of the whole store")}
	}
	plan := &Plan{Prefix: prefix}
	if err := plan.addSelf(ctx, s); err != nil {
		return nil, err
	}
	read := plan.addBelow
	if reader, ok := As[planReader](s); ok {
		read = func(ctx context.Context, _ Store) error { return reader.readPlan(ctx, plan) }
	}
	if err := read(ctx, s); err != nil {
		return nil, err
	}
	if len(plan.Keys) == 0 {
		return nil, &Error{Op: "plan", Key: prefix, Kind: ErrKeyNotFound}
	}
	sort.Slice(plan.Keys, func(i, j int) bool { return plan.Keys[i].Key < plan.Keys[j].Key })
	plan.seal.sum = plan.sum()
	if h, ok := As[Hider](s); ok && slices.ContainsFunc(plan.Keys, func(k PlannedKey) bool { return k.Flags&Directory != 0 }) {
		plan.Hidden = h.HiddenBelow()
	}
	return plan, nil
}

// addSelf plans the key at the prefix, if there is one. Where the store tells
// "a" and "a/" apart, "a" stands for both and "a/" for itself alone: the key "a"
// is then a sibling. One that may not be read (rights are often given to "a/"
// and not to "a") is not planned, and so stays.
func (p *Plan) addSelf(ctx context.Context, s Store) error {
	seen := map[string]bool{}
	keys := []string{p.Prefix}
	if !strings.HasSuffix(p.Prefix, "/") {
		keys = append(keys, p.Prefix+"/")
	}
	for _, key := range keys {
		pair, err := s.Get(key)
		switch {
		case err == nil && !seen[pair.Key]:
			seen[pair.Key] = true
			p.Keys = append(p.Keys, PlannedKey{pair.Key, pair.LastIndex, len(pair.Value), selfFlags(ctx, s, pair.Key)})
		case err != nil && !isAnyOf(err, ErrKeyNotFound, ErrIsDirectory, ErrInvalidKey, ErrDenied):
			return err
		}
	}
	return nil
}

// selfFlags are the marks of one key, as far as the store tells.
func selfFlags(ctx context.Context, s Store, key string) KeyFlags {
	reader, ok := As[MetaReader](s)
	if !ok {
		return 0
	}
	meta, err := reader.Meta(ctx, key)
	if err != nil {
		return 0 // it is gone by now, which carrying out the plan will tell
	}
	var flags KeyFlags
	if meta.Ephemeral {
		flags |= Ephemeral
	}
	if meta.Owner != "" || meta.TTL > 0 {
		flags |= Leased
	}
	if meta.Directory {
		flags |= Directory
	}
	return flags
}

// addBelow plans the keys below the prefix.
func (p *Plan) addBelow(ctx context.Context, s Store) error {
	own := map[string]bool{} // a listing visits it where the login may read nothing else
	for _, k := range p.Keys {
		own[k.Key] = true
	}
	room := RoomOf(s)
	unseen, err := ListKeys(ctx, s, p.Prefix, ListOptions{}, func(e Entry) error {
		if own[e.Key] {
			return nil
		}
		p.Keys = append(p.Keys, PlannedKey{e.Key, e.Index, e.Size, e.Flags})
		return room.Take(e.Key)
	})
	p.Unseen = asOp(OpPlan, unseen)
	if errors.Is(err, ErrTooMany) {
		return tooMany(OpPlan, p.Prefix, err)
	}
	return asOp(OpPlan, err)
}

// Outcome is what became of one planned key that was not deleted.
type Outcome struct {
	Key string
	Err error // ErrKeyModified: it changed since; ErrKeyNotFound: it was gone already
}

// Report is what carrying out a plan did and did not do.
type Report struct {
	Deleted   int
	Kept      []Outcome // planned keys that were not deleted, and why
	Appeared  []string  // keys that were not planned and are there now
	Cancelled bool
	Left      int // planned keys that were not tried, after a cancel or lost contact
}

// planWidth is how many keys are deleted at a time.
const planWidth = 16

// CarryOut deletes exactly the planned keys that are still as planned, the
// deepest first. progress, which may be nil, is called with the number of
// keys tried so far, from one goroutine at a time. Cancelling ctx stops after
// the keys under way. The error is about what could not be tried at all: the
// report is valid beside it.
func (p *Plan) CarryOut(ctx context.Context, s Store, progress func(done int)) (Report, error) {
	if deleter, ok := As[PlanDeleter](s); ok {
		return deleter.DeletePlanned(ctx, p, progress)
	}
	run := planRun{store: s, progress: progress}
	// A directory goes after all that is in it: one depth after the other.
	for _, level := range p.levels() {
		run.level(ctx, level)
	}
	run.report.Left = len(p.Keys) - run.tried
	run.report.Cancelled = ctx.Err() != nil && run.report.Left > 0
	if run.err == nil && !run.report.Cancelled {
		run.report.Appeared, run.err = p.appeared(s)
	}
	return run.report, run.err
}

// PlanDeleter is a Store with a faster way of its own to carry out a plan,
// and the same promises.
type PlanDeleter interface {
	DeletePlanned(ctx context.Context, plan *Plan, progress func(done int)) (Report, error)
}

// levels are the planned keys by depth, the deepest first.
func (p *Plan) levels() [][]PlannedKey {
	byDepth := map[int][]PlannedKey{}
	deepest := 0
	for _, k := range p.Keys {
		depth := strings.Count(k.Key, "/")
		byDepth[depth] = append(byDepth[depth], k)
		deepest = max(deepest, depth)
	}
	var levels [][]PlannedKey
	for d := deepest; d >= 0; d-- {
		if len(byDepth[d]) > 0 {
			levels = append(levels, byDepth[d])
		}
	}
	return levels
}

// appeared are the keys that are there now, below the prefix, and were not
// planned.
func (p *Plan) appeared(s Store) ([]string, error) {
	pairs, err := s.List(p.Prefix)
	if errors.Is(err, ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	planned := make(map[string]bool, len(p.Keys))
	for _, k := range p.Keys {
		planned[k.Key] = true
	}
	var keys []string
	for _, pair := range pairs {
		if !planned[pair.Key] {
			keys = append(keys, pair.Key)
		}
	}
	return keys, nil
}

// planRun is a plan being carried out.
type planRun struct {
	store    Store
	progress func(int)

	mu     sync.Mutex
	tried  int
	report Report
	err    error // lost contact, or a guard: nothing more is tried
}

// level deletes keys of one depth, some at a time.
func (r *planRun) level(ctx context.Context, keys []PlannedKey) {
	var wg sync.WaitGroup
	next := make(chan PlannedKey)
	for range min(planWidth, len(keys)) {
		wg.Go(func() {
			for k := range next {
				err := recovered(func() error {
					_, err := r.store.AtomicDelete(k.Key, &KVPair{Key: k.Key, LastIndex: k.Index})
					return err
				})
				if isPanic(err) {
					err = &Error{Op: "delete", Key: k.Key, Kind: ErrOutcomeUnknown, Err: err}
				}
				r.count(k.Key, err)
			}
		})
	}
	for _, k := range keys {
		if ctx.Err() != nil || r.failed() {
			break
		}
		next <- k
	}
	close(next)
	wg.Wait()
}

// count notes the outcome of one key.
func (r *planRun) count(key string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tried++
	switch {
	case err == nil:
		r.report.Deleted++
	default:
		r.report.Kept = append(r.report.Kept, Outcome{key, err})
		if errors.Is(err, ErrNotReachable) || errors.Is(err, ErrClosed) || errors.Is(err, ErrReadOnly) {
			r.err = err
		}
	}
	if r.progress != nil {
		r.progress(r.tried)
	}
}

// failed reports whether there is no sense in trying more keys.
func (r *planRun) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err != nil
}
