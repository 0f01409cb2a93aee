package etcdpast

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"kvist/kv/internal/etcdclient"
)

// ErrTooMany says that more happened than was asked for, or than a replay should read.
var ErrTooMany = errors.New("too much happened in between")

// Changed is a key before and after some revisions; nil where there was none.
type Changed struct {
	Key           string
	Before, After *mvccpb.KeyValue
}

// Between returns what became of the keys of a part after one revision and up to another one, in
// the order in which they were changed first. It is ErrTooMany for more than most changes, and if
// too much happened since.
func (p *Past) Between(ctx context.Context, part Part, older, newer int64, most int) ([]Changed, error) {
	newest, err := p.newest(ctx, part.span().Start)
	if etcdclient.IsForbidden(err) {
		newest, err = p.newest(ctx, part.Dir)
	}
	if err != nil {
		return nil, err
	}
	if newest-older > p.lookBack(ctx, newest) {
		return nil, ErrTooMany
	}
	var all []Changed
	places := map[string]int{}
	n := 0
	take := func(e *mvccpb.Event) bool {
		if !part.has(e.Kv.Key) {
			return true
		}
		if e.Kv.ModRevision > newer {
			return false
		}
		n++
		if n > most {
			return false
		}
		key := string(e.Kv.Key)
		i, met := places[key]
		if !met {
			i = len(all)
			places[key], all = i, append(all, Changed{Key: key, Before: e.PrevKv})
		}
		all[i].After = e.Kv
		if e.Type == mvccpb.Event_DELETE {
			all[i].After = nil
		}
		return true
	}
	if older < newer {
		err = p.replayWith(ctx, part, older+1, true, take)
	}
	var compacted *CompactedError
	switch {
	case errors.As(err, &compacted):
		return nil, rpctypes.ErrCompacted
	case err == nil && n > most:
		return nil, ErrTooMany
	}
	return all, err
}
