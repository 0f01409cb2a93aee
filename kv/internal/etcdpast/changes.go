package etcdpast

import (
	"context"
	"errors"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
)

// nearBy is how many revisions before a moment are replayed to find the change before it, before
// the keys themselves are asked, which costs the server all of them with their values.
const nearBy = 1000

// Part is a directory and the key of its name.
type Part struct {
	Dir string // "" or with a slash at its end
}

// key returns the key of the directory's name; "" for none.
func (p Part) key() string { return strings.TrimSuffix(p.Dir, "/") }

// has reports whether a key belongs to the part.
func (p Part) has(key []byte) bool {
	return strings.HasPrefix(string(key), p.Dir) || string(key) == p.key()
}

// span returns a span that holds all of the part, and other keys: what sorts between the key and
// the directory.
func (p Part) span() etcdlist.Span {
	span := etcdlist.DirSpan(p.Dir)
	if p.key() != "" {
		span.Start = p.key()
	}
	return span
}

// Next returns the first revision after another one that changed something in a part; 0 if there is
// none. The server reads all that happened since the other one, and sends what happened in the
// part, up to the change.
func (p *Past) Next(ctx context.Context, part Part, after int64) (int64, error) {
	var found int64
	err := p.replayPart(ctx, part, after+1, func(revision int64) bool {
		found = revision
		return false
	})
	return found, err
}

// Previous returns the last revision before another one that changed something in a part; 0 if
// there is none. It is a CompactedError if what is kept does not say.
//
// It replays what happened right before the other one, if that is not long ago. If that was
// nothing, it asks for the newest of the keys that were there, for which the server reads all of
// them, and replays what happened since that: deletions leave no key behind.
func (p *Past) Previous(ctx context.Context, part Part, before int64) (int64, error) {
	newest, err := p.newest(ctx, etcdlist.DirSpan(part.Dir).Start)
	if etcdclient.IsForbidden(err) && part.key() != "" { // the key alone may be readable
		newest, err = p.newest(ctx, part.key())
	}
	if err != nil {
		return 0, err
	}
	before = min(before, newest+1)
	if before <= 1 {
		return 0, nil
	}
	if newest-before < p.lookBack(ctx, newest) {
		from := max(1, before-nearBy)
		found, err := p.last(ctx, part, from, before)
		var compacted *CompactedError
		if err != nil && !errors.As(err, &compacted) || found != 0 || err == nil && from == 1 {
			return found, err
		}
	}
	there, err := p.newestIn(ctx, part, before-1)
	if err != nil {
		return 0, err
	}
	found, err := p.last(ctx, part, there+1, before)
	if err == nil && found == 0 {
		found = there
	}
	return found, err
}

// last returns the last revision from one on and before another one that changed something in a
// part; 0 if there is none. If the first ones are compacted and none of the others changed
// anything, it is a CompactedError.
func (p *Past) last(ctx context.Context, part Part, from, before int64) (int64, error) {
	var found int64
	see := func(revision int64) bool {
		if revision < before {
			found = revision
		}
		return revision < before
	}
	err := p.replayPart(ctx, part, from, see)
	var compacted *CompactedError
	if errors.As(err, &compacted) && compacted.Oldest < before {
		if again := p.replayPart(ctx, part, compacted.Oldest, see); again != nil || found != 0 {
			return found, again
		}
	}
	return found, err
}

// replayPart calls see with the revisions that changed something in a part, until it returns false.
func (p *Past) replayPart(ctx context.Context, part Part, from int64, see func(int64) bool) error {
	take := func(e *mvccpb.Event) bool { return !part.has(e.Kv.Key) || see(e.Kv.ModRevision) }
	return p.replayWith(ctx, part, from, false, take)
}

// replayWith is replay in a part, and of some keys beside it.
func (p *Past) replayWith(ctx context.Context, part Part, from int64, before bool, take func(*mvccpb.Event) bool) error {
	err := p.replay(ctx, part.span(), from, before, take)
	if etcdclient.IsForbidden(err) && part.key() != "" { // the user's rights may begin at the directory
		err = p.replay(ctx, etcdlist.DirSpan(part.Dir), from, before, take)
		if etcdclient.IsForbidden(err) {
			err = p.replay(ctx, etcdlist.Span{Start: part.key()}, from, before, take)
		}
	}
	return err
}

// newestIn returns at which revision the newest of the keys was written that were in a part at a
// revision; 0 if there were none.
func (p *Past) newestIn(ctx context.Context, part Part, at int64) (int64, error) {
	spans := []etcdlist.Span{etcdlist.DirSpan(part.Dir)}
	if part.key() != "" {
		spans = append(spans, etcdlist.Span{Start: part.key()})
	}
	var newest int64
	var refused error
	answered := false
	for _, span := range spans {
		revision, err := p.newestOf(ctx, span, at)
		switch {
		case etcdclient.IsForbidden(err):
			refused = err
		case err != nil:
			return 0, err
		default:
			newest, answered = max(newest, revision), true
		}
	}
	if !answered {
		return 0, refused
	}
	return newest, nil
}

func (p *Past) newestOf(ctx context.Context, span etcdlist.Span, at int64) (int64, error) {
	ctx, cancel := p.Client.Long(ctx)
	defer cancel()
	options := span.Options(clientv3.WithRev(at), clientv3.WithLimit(1), clientv3.WithKeysOnly(),
		clientv3.WithSort(clientv3.SortByModRevision, clientv3.SortDescend))
	resp, err := p.Client.Get(ctx, span.Start, options...)
	if err != nil || len(resp.Kvs) == 0 {
		return 0, etcdclient.LostContact(ctx, err)
	}
	return resp.Kvs[0].ModRevision, nil
}
