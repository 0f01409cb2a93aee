package kv

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
)

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

// PlanDeleter is a Store that carries out a plan faster than key by key, with
// the promises of [Plan.CarryOut].
type PlanDeleter interface {
	DeletePlanned(ctx context.Context, plan *Plan, progress func(done int)) (Report, error)
}

// CarryOut deletes exactly the planned keys that are still as planned, the
// deepest first. progress, which may be nil, is called with the number of keys
// tried so far, by one goroutine at a time. Cancelling ctx stops after the
// keys under way. A key that the login may not delete is kept; nothing more is
// tried when contact is lost, when the outcome of a delete is unknown, or when
// the store is closed or read-only. The report is valid beside an error.
func (p *Plan) CarryOut(ctx context.Context, s Store, progress func(done int)) (Report, error) {
	deleter, ok := As[PlanDeleter](s)
	_, records := deleter.(*recorded) // as one entry
	switch {
	case p.parts != nil && !records:
		return p.carryOutParts(ctx, s, progress)
	case ok:
		return deleter.DeletePlanned(ctx, p, progress)
	}
	run := newPlanRun(p, progress)
	// A directory goes after all that is in it: one depth after the other.
	for _, level := range p.levels() {
		run.deleteEach(ctx, s, level)
	}
	return run.end(ctx, s)
}

// carryOutParts carries out one part after the other.
func (p *Plan) carryOutParts(ctx context.Context, s Store, progress func(done int)) (Report, error) {
	var all Report
	var errs []error
	tried := 0
	for i, part := range p.parts {
		report, err := part.CarryOut(ctx, s, func(done int) {
			if progress != nil {
				progress(tried + done)
			}
		})
		errs = append(errs, err)
		all.add(&report)
		tried += len(part.Keys) - report.Left
		if ctx.Err() == nil && !stopsPlan(err) {
			continue
		}
		for _, rest := range p.parts[i+1:] {
			all.Left += len(rest.Keys)
		}
		break
	}
	all.Cancelled = ctx.Err() != nil && all.Left > 0
	return all, errors.Join(errs...)
}

// add adds the report of a further part.
func (r *Report) add(part *Report) {
	r.Deleted, r.Left = r.Deleted+part.Deleted, r.Left+part.Left
	r.Kept = append(r.Kept, part.Kept...)
	r.Appeared = append(r.Appeared, part.Appeared...)
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

// planRun is a plan being carried out: it counts, reports progress, and
// decides when nothing more is tried. Several goroutines may use it.
type planRun struct {
	plan     *Plan
	progress func(done int) // nil, or called under mu

	mu     sync.Mutex
	tried  int
	report Report
	err    error // why nothing more is tried
}

func newPlanRun(plan *Plan, progress func(done int)) *planRun {
	plan.gone = nil
	return &planRun{plan: plan, progress: progress}
}

// goesOn reports whether more keys are to be tried.
func (r *planRun) goesOn(ctx context.Context) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err == nil && ctx.Err() == nil
}

// deleted counts and notes planned keys that were deleted.
func (r *planRun) deleted(keys ...PlannedKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range keys {
		r.plan.gone = append(r.plan.gone, keys[i].Key)
	}
	r.counted(len(keys))
}

// deletedOf counts planned keys of which only their number is known.
func (r *planRun) deletedOf(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counted(n)
}

// counted counts keys that were deleted; r.mu is held.
func (r *planRun) counted(n int) {
	r.report.Deleted += n
	r.advance(n)
}

// keep notes planned keys that were tried and not deleted, or whose outcome is
// unknown. An error that concerns more than its key stops the run.
func (r *planRun) keep(outcomes ...Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Kept = append(r.report.Kept, outcomes...)
	for _, o := range outcomes {
		if r.err == nil && stopsPlan(o.Err) {
			r.err = o.Err
		}
	}
	r.advance(len(outcomes))
}

// stop ends the run before more keys are tried.
func (r *planRun) stop(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// advance reports progress; r.mu is held.
func (r *planRun) advance(n int) {
	r.tried += n
	if r.progress != nil {
		r.progress(r.tried)
	}
}

// end returns the report, with the keys that appeared if all were tried.
func (r *planRun) end(ctx context.Context, s Store) (Report, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Left = len(r.plan.Keys) - r.tried
	r.report.Cancelled = ctx.Err() != nil && r.report.Left > 0
	if r.err == nil && !r.report.Cancelled && !r.plan.alone {
		r.report.Appeared, r.err = r.plan.appeared(ctx, s)
	}
	return r.report, r.err
}

// appeared returns the keys that are below the prefix now and were not
// planned, sorted.
func (p *Plan) appeared(ctx context.Context, s Store) ([]string, error) {
	planned := make(map[string]bool, len(p.Keys))
	for _, k := range p.Keys {
		planned[k.Key] = true
	}
	var keys []string
	dir := Dir(s, p.Prefix)
	unseen, err := ListKeys(ctx, s, p.Prefix, ListOptions{}, func(e Entry) error {
		if !planned[e.Key] && strings.HasPrefix(e.Key, dir) {
			keys = append(keys, e.Key)
		}
		return nil
	})
	if err == nil && p.Unseen == nil {
		err = unseen // else the plan has reported it
	}
	slices.Sort(keys)
	return keys, err
}

// planWidth is how many keys are deleted at a time.
const planWidth = 16

// deleteEach deletes keys of one depth, each by a call of its own.
func (r *planRun) deleteEach(ctx context.Context, s Store, keys []PlannedKey) {
	var wg sync.WaitGroup
	next := make(chan PlannedKey)
	for range min(planWidth, len(keys)) {
		wg.Go(func() {
			for k := range next {
				r.deleteOne(s, k)
			}
		})
	}
	for _, k := range keys {
		if !r.goesOn(ctx) {
			break
		}
		next <- k
	}
	close(next)
	wg.Wait()
}

func (r *planRun) deleteOne(s Store, k PlannedKey) {
	err := recovered(func() error {
		_, err := s.AtomicDelete(k.Key, &KVPair{Key: k.Key, LastIndex: k.Index})
		return err
	})
	switch {
	case err == nil:
		r.deleted(k)
		return
	case isPanic(err):
		err = &Error{Op: OpDelete, Key: k.Key, Kind: ErrOutcomeUnknown, Err: err}
	}
	r.keep(Outcome{k.Key, err})
}

// stopsPlan reports whether err concerns more than its key, so that nothing more
// of a plan is tried.
func stopsPlan(err error) bool {
	return isAnyOf(err, ErrNotReachable, ErrClosed, ErrReadOnly, ErrUnrecorded, ErrOutcomeUnknown)
}

// ErrCutOff is the cause of a context that ends because the program does. A plan that it
// stops is not over for a [Recorder]: its record is left open, as if the program had been
// killed. Any other end of a context is somebody's decision to stop, and the record says
// how far the plan came.
var ErrCutOff = errors.New("the program ends")

// CutOff reports whether ctx ended because the program does.
func CutOff(ctx context.Context) bool {
	return ctx.Err() != nil && errors.Is(context.Cause(ctx), ErrCutOff)
}

// cutsOff reports whether what stops in s is cut off: the program ends, or the store
// was closed under it.
func cutsOff(ctx context.Context, s Store, err error) bool {
	c, ok := s.(interface{ isClosing() bool })
	return CutOff(ctx) || errors.Is(err, ErrClosed) || ok && c.isClosing()
}

// isOpen reports whether a write that ended so may be sent again, or may have been
// carried out, once its store is closed.
func isOpen(err error) bool { return isAnyOf(err, ErrClosed, ErrOutcomeUnknown, errUnwritten) }

// whole reports whether all planned keys were tried and it is known how they ended.
func (r *Report) whole() bool {
	return r.Left == 0 && !slices.ContainsFunc(r.Kept, func(o Outcome) bool { return isOpen(o.Err) })
}
