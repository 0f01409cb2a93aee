package etcdpast

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdlist"
)

const (
	// lookBack is how many revisions a server may have to read so that the lives of a key before its
	// last deletion are found, unless more is asked for. They are fewer, but lookBackLeast at
	// least, if so many likely take more than lookBackBytes: a revision can write very many keys.
	lookBack      = 50_000
	lookBackLeast = 1000
	lookBackBytes = 16 << 20
)

// Version is a state of a key.
type Version struct {
	Revision int64            // at which it began
	KV       *mvccpb.KeyValue // nil for the key's absence
}

// Versions are versions of a key, the newest first.
type Versions struct {
	Versions  []Version
	More      bool // there are older ones
	Compacted bool // older ones, if there were any, are compacted
	// Unread is the revision before which nothing was looked for; 0 if all was.
	Unread int64
}

// Walk goes back through the versions of a key.
type Walk struct {
	Past *Past
	Key  string
	Deep bool // look through all revisions, if that is needed
	// LookBack is how many revisions may be looked through otherwise; 0 for the default.
	LookBack int64

	found Versions
	// deletions are the revisions at which the key was deleted, in order, as far as they were looked
	// for: since the revision since. gone means that older ones are compacted.
	deletions []int64
	since     int64
	gone      bool
	looked    bool
}

// Versions returns at most so many versions that began before a revision, 0 for all. Within a life
// of the key each version leads to the one before it by its revision. A life that was before a
// deletion only a replay finds.
func (w *Walk) Versions(ctx context.Context, before int64, most int) (Versions, error) {
	newest, err := w.Past.newest(ctx, w.Key)
	if err != nil {
		return Versions{}, err
	}
	at := newest
	if before > 0 {
		at = min(at, before-1)
	}
	for at > 0 && err == nil && len(w.found.Versions) <= most { // one more shows that there are more
		at, err = w.step(ctx, at, newest)
	}
	if len(w.found.Versions) > most {
		w.found = Versions{Versions: w.found.Versions[:most], More: true}
	}
	return w.found, err
}

// step adds the version that was there at a revision, and returns the last revision before it; 0 if
// there is nothing more to find.
func (w *Walk) step(ctx context.Context, at, newest int64) (int64, error) {
	kv, err := w.Past.get(ctx, w.Key, at)
	switch {
	case errors.Is(err, rpctypes.ErrCompacted):
		w.found.Compacted = true
		return 0, nil
	case err != nil:
		return 0, err
	case kv != nil:
		w.found.Versions = append(w.found.Versions, Version{kv.ModRevision, kv})
		return kv.ModRevision - 1, nil
	}
	deleted, err := w.deletion(ctx, at, newest)
	if err != nil || deleted == 0 {
		return 0, err
	}
	w.found.Versions = append(w.found.Versions, Version{Revision: deleted})
	return deleted - 1, nil
}

// deletion returns the revision of the deletion that the key's absence at a revision began with; 0
// if it is not known, or there was none.
func (w *Walk) deletion(ctx context.Context, at, newest int64) (int64, error) {
	if err := w.look(ctx, at, newest); err != nil {
		return 0, err
	}
	for i := len(w.deletions) - 1; i >= 0; i-- {
		if w.deletions[i] <= at {
			return w.deletions[i], nil
		}
	}
	switch {
	case w.gone:
		w.found.Compacted = true
	case w.since > 1:
		w.found.Unread = min(w.since, at+1)
	}
	return 0, nil
}

// look looks for deletions up to a revision, once: those of before are among them.
func (w *Walk) look(ctx context.Context, upTo, newest int64) error {
	if w.looked {
		return nil
	}
	w.looked, w.since = true, 1
	if !w.Deep {
		bound := w.LookBack
		if bound == 0 {
			bound = w.Past.lookBack(ctx, newest)
		}
		w.since = max(1, newest-bound)
	}
	if upTo < w.since {
		return nil
	}
	gone, since, err := w.Past.replayKept(ctx, etcdlist.Span{Start: w.Key}, w.since, func(e *mvccpb.Event) bool {
		if e.Type == mvccpb.Event_DELETE && e.Kv.ModRevision <= upTo {
			w.deletions = append(w.deletions, e.Kv.ModRevision)
		}
		return e.Kv.ModRevision <= upTo
	})
	w.gone, w.since = gone, since
	return err
}

// lookBack returns how many revisions the servers may read unless more is asked for. All there were
// cannot take less of the data each than if all of them were kept.
func (p *Past) lookBack(ctx context.Context, newest int64) int64 {
	ctx, cancel := p.Client.Request(ctx)
	defer cancel()
	status, err := p.Client.ServerStatus(ctx)
	if err != nil || status.DbSizeInUse <= lookBackBytes {
		return lookBack
	}
	each := float64(status.DbSizeInUse) / float64(newest)
	return max(lookBackLeast, min(lookBack, int64(lookBackBytes/each)))
}

// newest returns the newest revision. key is one that the user may read.
func (p *Past) newest(ctx context.Context, key string) (int64, error) {
	ctx, cancel := p.Client.Request(ctx)
	defer cancel()
	resp, err := p.Client.Get(ctx, key, clientv3.WithKeysOnly())
	if err != nil {
		return 0, err
	}
	return resp.Header.Revision, nil
}

// get reads a key as it was at a revision; nil if there was none.
func (p *Past) get(ctx context.Context, key string, revision int64) (*mvccpb.KeyValue, error) {
	ctx, cancel := p.Client.Request(ctx)
	defer cancel()
	resp, err := p.Client.Get(ctx, key, clientv3.WithRev(revision))
	if err != nil || len(resp.Kvs) == 0 {
		return nil, err
	}
	return resp.Kvs[0], nil
}

// replayTries is how often a replay is begun when what it begins with is compacted meanwhile.
const replayTries = 3

// replayKept is replay from a revision on, or from the oldest that is kept if that is newer. It
// returns from which on, and whether that was so.
func (p *Past) replayKept(ctx context.Context, span etcdlist.Span, from int64, take func(*mvccpb.Event) bool) (gone bool, since int64, err error) {
	for try := 1; ; try++ {
		var compacted *CompactedError
		err = p.replay(ctx, span, from, false, take)
		if !errors.As(err, &compacted) || try == replayTries {
			return gone, from, err
		}
		gone, from = true, compacted.Oldest
	}
}
