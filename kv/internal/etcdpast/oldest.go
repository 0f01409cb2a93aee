package etcdpast

import (
	"context"
	"errors"

	"kvist/kv/internal/etcdlist"
)

// Oldest returns the oldest revision that is kept, given one that is not; 0 if the server does not
// say. Only the answer to a watch names it. key is one that the user may read.
func (p *Past) Oldest(ctx context.Context, key string, compacted int64) int64 {
	ctx, cancel := p.Client.Request(ctx)
	defer cancel()
	var gone *CompactedError
	if errors.As(p.replay(ctx, etcdlist.Span{Start: key}, max(1, compacted), false, nothing), &gone) {
		return gone.Oldest
	}
	return 0
}
