package transfer

import (
	"context"
	"errors"

	"kvist/internal/undo"
	"kvist/kv"
)

// delete deletes at the source what was copied and verified, the last first, so
// that folders go after what is in them.
func (r *run) delete(ctx context.Context, writes *kv.Writes) error {
	own := writes
	if r.one() == 0 {
		title := r.Title + undo.AtSource
		begun, err := kv.BeginWrites(r.from.Store, title, "", r.deletes)
		if err != nil {
			return err
		}
		own = begun
	}
	size := newBatch()
	var err error
	for to := len(r.Steps); to > 0 && ctx.Err() == nil && err == nil; {
		from := max(0, to-size.n)
		var bytes int
		bytes, err = r.deleteSome(ctx, own, from, to)
		size.adapt(to-from, bytes)
		to = from
		r.advance(Deleting)
	}
	if own != writes {
		err = errors.Join(err, own.End(toEnd(ctx)))
	}
	return err
}

// deleteSome deletes the keys of a range of steps.
func (r *run) deleteSome(ctx context.Context, writes *kv.Writes, from, to int) (bytes int, err error) {
	var steps []int
	var keys []string
	for i := to - 1; i >= from; i-- {
		s := &r.Steps[i]
		switch {
		case !r.Plan.deletes(s):
		case !r.copied[i]:
			r.stay(s.From, ErrNotCopied)
		default:
			steps, keys = append(steps, i), append(keys, s.From)
		}
	}
	if len(steps) == 0 {
		return 0, nil
	}
	nodes := map[string]*kv.Node{}
	if _, err := kv.ReadNodes(ctx, r.from.Store, keys, func(n *kv.Node) { nodes[n.Key] = n }); err != nil {
		return 0, err
	}
	var list []kv.Write
	for _, i := range steps {
		s := &r.Steps[i]
		n := nodes[s.From]
		if n == nil || n.Index != s.version && n.Type != kv.DirectoryNode {
			r.stay(s.From, &kv.Error{Op: kv.OpDelete, Key: s.From, Kind: kv.ErrKeyModified, Err: ErrChanged})
			continue
		}
		bytes += len(n.Value)
		list = append(list, kv.Write{Key: s.From, Before: n, Other: r.other(s, s.Key)})
	}
	if len(list) == 0 {
		return bytes, nil
	}
	return bytes, writes.Write(ctx, list, func(i int, w kv.Written) {
		if w.Err != nil {
			r.stay(list[i].Key, w.Err)
			return
		}
		r.gone++
		r.report.Deleted++
	})
}

// stay notes a key that was to be deleted and stays.
func (r *run) stay(key string, why error) {
	r.gone++
	r.report.Stayed = append(r.report.Stayed, kv.Outcome{Key: key, Err: why})
}
