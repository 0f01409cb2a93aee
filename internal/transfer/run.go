package transfer

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"

	"kvist/kv"
)

// Phase is what a running plan is doing.
type Phase string

// The phases.
const (
	Writing  Phase = "writing"
	Deleting Phase = "deleting"
)

// Progress is how far a plan has come.
type Progress struct {
	Phase    Phase
	Done, Of int // keys
	Bytes    int64
}

// Report is what a plan did and did not do.
type Report struct {
	Created, Overwritten int
	Folders              int // of Created: those that only the target needed
	Deleted              int // at the source
	Bytes                int64
	Failed               []kv.Outcome // keys at the target that were not written, and why
	Stayed               []kv.Outcome // keys at the source that were to go and stayed, and why
	Left                 int          // keys that were not tried
	Cancelled            bool
}

// Why a key was not written, or stays.
var (
	// ErrChanged says that a key changed since the plan was made.
	ErrChanged = errors.New("it changed since the plan was made")
	// ErrNotVerified says that the target does not have what was written.
	ErrNotVerified = errors.New("the target no longer has what was written to it")
	// ErrNotCopied says that a key was not copied, so that it stays.
	ErrNotCopied = errors.New("it was not copied")
)

// run is a plan that is carried out.
type run struct {
	*Plan
	progress        func(Progress)
	writes, deletes int    // to be done
	tried, gone     int    // done with
	copied          []bool // the steps that the target has, verified if it is a move
	leases          map[string]string
	report          Report
}

// Run carries out exactly the plan: each key only if both ends still are as the
// plan has them. It stops between batches when ctx is cancelled. progress may be
// nil. The report is valid beside an error, which is why the rest was not tried.
// A plan with keys that the target cannot hold is ErrRefused, unless partial.
func (p *Plan) Run(ctx context.Context, partial bool, progress func(Progress)) (Report, error) {
	r := &run{Plan: p, progress: progress, copied: make([]bool, len(p.Steps)), leases: map[string]string{}}
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.writes() {
			r.writes++
		}
		if p.deletes(s) {
			r.deletes++
		}
		if s.Action == Refuse && !partial {
			return r.report, ErrRefused
		}
	}
	if r.writes+r.deletes == 0 {
		return r.report, nil
	}
	writes, err := kv.BeginRenewable(p.to.Store, p.Title, p.continues, p.again, r.writes+r.deletes*r.one())
	if err != nil {
		return r.report, err
	}
	err = r.copy(ctx, writes)
	if err == nil && p.Move && ctx.Err() == nil {
		err = r.delete(ctx, writes)
	}
	err = errors.Join(err, writes.End(toEnd(ctx)))
	r.report.Left = r.writes - r.tried + r.deletes*r.moved() - r.gone
	r.report.Cancelled = ctx.Err() != nil && r.report.Left > 0
	if errors.Is(err, context.Canceled) && r.report.Cancelled {
		err = nil
	}
	return r.report, err
}

// toEnd returns the context to end a plan's writes with: what had to wait is tried
// although somebody has stopped the plan, but not when the program ends.
func toEnd(ctx context.Context) context.Context {
	if kv.CutOff(ctx) {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// one is 1 if deletions are writes of the same plan, since both ends are in one
// store.
func (r *run) one() int {
	if r.Move && r.from.Store == r.to.Store {
		return 1
	}
	return 0
}

func (r *run) moved() int {
	if r.Move {
		return 1
	}
	return 0
}

// job is a step with what it writes.
type job struct {
	at    int // in Steps
	write kv.Write
	index uint64
}

func (r *run) advance(phase Phase) {
	if r.progress == nil {
		return
	}
	p := Progress{Phase: phase, Done: r.tried, Of: r.writes, Bytes: r.report.Bytes}
	if phase == Deleting {
		p.Done, p.Of = r.gone, r.deletes
	}
	r.progress(p)
}

// copy writes what the plan says, some keys at a time.
func (r *run) copy(ctx context.Context, writes *kv.Writes) error {
	again, err := r.source.Again()
	if err != nil {
		return err
	}
	defer func() { _ = again.Close() }() // it was only read
	size := newBatch()
	for from := 0; from < len(r.Steps) && ctx.Err() == nil; {
		to := min(from+size.n, len(r.Steps))
		jobs, bytes, err := r.jobs(ctx, again, from, to)
		if err == nil && len(jobs) > 0 {
			err = errors.Join(r.write(ctx, writes, jobs), r.learnLeases(ctx, jobs))
		}
		if err == nil && r.Move {
			err = r.verify(ctx, jobs, from, to)
		}
		if err != nil {
			return err
		}
		size.adapt(to-from, bytes)
		from = to
		r.advance(Writing)
	}
	return nil
}

// jobs reads what the steps of a range write.
func (r *run) jobs(ctx context.Context, again Again, from, to int) (jobs []job, bytes int, err error) {
	var wanted []Wanted
	var of []int
	for i := from; i < to; i++ {
		s := &r.Steps[i]
		switch {
		case !s.writes():
		case s.place < 0:
			jobs = append(jobs, job{at: i, write: kv.Write{Key: s.Key, After: r.folder(s)}})
		default:
			wanted, of = append(wanted, Wanted{s.From, s.place, s.version}), append(of, i)
		}
	}
	if len(wanted) == 0 {
		return jobs, 0, nil
	}
	nodes, err := again.Nodes(ctx, wanted)
	if err != nil {
		return nil, 0, err
	}
	before, err := r.before(ctx, of)
	if err != nil {
		return nil, 0, err
	}
	for i, n := range nodes {
		s := &r.Steps[of[i]]
		if n == nil {
			r.fail(s.Key, &kv.Error{Op: kv.OpReadNodes, Key: s.From, Kind: kv.ErrKeyModified, Err: ErrChanged})
			continue
		}
		bytes += len(n.Value)
		f := fit(r.source.Nature(), r.nature, n, s.Key, s.parent)
		if s.Directory {
			f.node.Type, f.node.Value = kv.DirectoryNode, []byte{}
		}
		if given, known := r.leases[f.node.Owner]; known {
			f.node.Owner = given
		}
		w := kv.Write{Key: s.Key, After: &f.node, Other: r.other(s, s.From)}
		if s.Action == Overwrite {
			if w.Before = before[s.Key]; w.Before == nil {
				r.fail(s.Key, &kv.Error{Op: kv.OpWriteNodes, Key: s.Key, Kind: kv.ErrKeyModified, Err: ErrChanged})
				continue
			}
		}
		jobs = append(jobs, job{at: of[i], write: w})
	}
	return jobs, bytes, nil
}

// other returns a key at the other end for the record, if the step moves one within the
// store.
func (r *run) other(s *Step, key string) string {
	if r.one() == 0 || !r.Plan.deletes(s) {
		return ""
	}
	return key
}

// folder is the node of a folder that only the target needs.
func (r *run) folder(s *Step) *kv.Node {
	n := &kv.Node{Key: s.Key, Value: []byte{}}
	if r.nature.BareFolders {
		n.Type = kv.DirectoryNode
	}
	return n
}

// before reads the nodes that are overwritten, for the record, but none that is
// no longer as the plan saw it.
func (r *run) before(ctx context.Context, steps []int) (map[string]*kv.Node, error) {
	indexes := map[string]uint64{}
	var keys []string
	for _, i := range steps {
		if s := &r.Steps[i]; s.Action == Overwrite {
			indexes[s.Key] = s.before
			keys = append(keys, s.Key)
		}
	}
	nodes := map[string]*kv.Node{}
	if len(keys) == 0 {
		return nodes, nil
	}
	_, err := kv.ReadNodes(ctx, r.to.Store, keys, func(n *kv.Node) {
		if indexes[n.Key] == n.Index {
			nodes[n.Key] = n
		}
	})
	return nodes, err
}

func (r *run) fail(key string, err error) {
	r.tried++
	r.report.Failed = append(r.report.Failed, kv.Outcome{Key: key, Err: err})
}

// write carries out jobs.
func (r *run) write(ctx context.Context, writes *kv.Writes, jobs []job) error {
	list := make([]kv.Write, len(jobs))
	for i := range jobs {
		list[i] = jobs[i].write
	}
	return writes.Write(ctx, list, func(i int, w kv.Written) {
		j := &jobs[i]
		s := &r.Steps[j.at]
		if w.Err != nil && s.place < 0 && errors.Is(w.Err, kv.ErrKeyExists) {
			r.tried++ // the folder is there, whoever made it
			return
		}
		if w.Err != nil {
			r.fail(s.Key, w.Err)
			return
		}
		r.tried++
		j.index, r.copied[j.at] = w.Index, true
		r.report.Bytes += int64(len(j.write.After.Value))
		switch {
		case s.Action == Overwrite:
			r.report.Overwritten++
		default:
			r.report.Created++
			if s.place < 0 {
				r.report.Folders++
			}
		}
	})
}

// learnLeases finds out which lease stands for one of the source, so that all
// keys that shared it share one again, in whatever batch they are.
func (r *run) learnLeases(ctx context.Context, jobs []job) error {
	owners := map[string]string{} // by a key that has it
	seen := map[string]bool{}
	for _, j := range jobs {
		owner := j.write.After.Owner
		if _, known := r.leases[owner]; owner != "" && !known && !seen[owner] && r.copied[j.at] {
			seen[owner], owners[j.write.Key] = true, owner
		}
	}
	if len(owners) == 0 {
		return nil
	}
	_, err := kv.ReadNodes(context.WithoutCancel(ctx), r.to.Store, slices.Collect(maps.Keys(owners)), func(n *kv.Node) {
		if n.Owner != "" {
			r.leases[owners[n.Key]], r.leases[n.Owner] = n.Owner, n.Owner
		}
	})
	return err
}

// verify reads back what was written, and what the target had already, so that
// only what it really has is deleted at the source.
func (r *run) verify(ctx context.Context, jobs []job, from, to int) error {
	want := map[string]job{}
	var keys []string
	for _, j := range jobs {
		if r.copied[j.at] && j.write.After.Type != kv.DirectoryNode {
			r.copied[j.at] = false
			want[j.write.Key] = j
			keys = append(keys, j.write.Key)
		}
	}
	for i := from; i < to; i++ {
		s := &r.Steps[i]
		switch {
		case s.writes() || !r.Plan.deletes(s):
		case s.Reason == Same:
			want[s.Key] = job{at: i, index: s.before}
			keys = append(keys, s.Key)
		default:
			r.copied[i] = true // a folder
		}
	}
	if len(keys) == 0 {
		return nil
	}
	_, err := kv.ReadNodes(ctx, r.to.Store, keys, func(n *kv.Node) {
		if j, ok := want[n.Key]; ok {
			same := j.write.After == nil || bytes.Equal(j.write.After.Value, n.Value)
			r.copied[j.at] = same && j.index == n.Index
		}
	})
	return err
}
