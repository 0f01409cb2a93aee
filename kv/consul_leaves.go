package kv

import (
	"context"
	"errors"
	"sync"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/packed"
)

const (
	// consulTxnOps is how many operations every server takes in one
	// transaction; since 1.14 it is twice that.
	consulTxnOps = 64
	// consulLeafTxns is how many transactions of one level are under way at a
	// time. Their answers may hold values, so that they are few.
	consulLeafTxns = 4
)

// consulLeaf is a key of a level whose state is asked for.
type consulLeaf struct {
	key   string
	state packed.State
	stale bool // state is to be read
}

// readLeaves gives the keys in l.fresh, of which only the names are known,
// their states: those that l.known has, where they still hold, or new ones.
func (l *consulLevelReader) readLeaves(ctx context.Context) error {
	leaves := l.unsettled()
	known := make([]*consulLeaf, 0, len(leaves))
	for i := range leaves {
		if leaves[i].stale = leaves[i].state.Index == 0; !leaves[i].stale {
			known = append(known, &leaves[i])
		}
	}
	if err := inChunks(ctx, known, l.checkLeaves); err != nil {
		return err
	}
	var stale []*consulLeaf
	for i := range leaves {
		if leaves[i].stale {
			stale = append(stale, &leaves[i])
		}
	}
	if err := inChunks(ctx, stale, l.getLeaves); err != nil {
		return err
	}
	l.fresh.Replace(func([]byte, packed.State) packed.State {
		state := leaves[0].state
		leaves = leaves[1:]
		return state
	})
	return nil
}

// unsettled are the keys in l.fresh, with the states that l.known has.
func (l *consulLevelReader) unsettled() []consulLeaf {
	var leaves []consulLeaf
	old := l.known.Cursor()
	more := old.Next()
	for c := l.fresh.Cursor(); c.Next(); {
		if c.State.Folder {
			continue
		}
		for more && string(old.Name) < string(c.Name) {
			more = old.Next()
		}
		leaf := consulLeaf{key: string(c.Name), state: c.State}
		if more && string(old.Name) == leaf.key {
			leaf.state = old.State
		}
		leaves = append(leaves, leaf)
	}
	return leaves
}

// inChunks gives leaves to do, as many as one transaction takes at a time,
// some at once.
func inChunks(ctx context.Context, leaves []*consulLeaf, do func(context.Context, []*consulLeaf) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	chunks := make(chan []*consulLeaf)
	var wg sync.WaitGroup
	for range min(consulLeafTxns, (len(leaves)+consulTxnOps-1)/consulTxnOps) {
		wg.Go(func() {
			for chunk := range chunks {
				if ctx.Err() == nil {
					if err := recovered(func() error { return do(ctx, chunk) }); err != nil {
						cancel(err)
					}
				}
			}
		})
	}
	for ; len(leaves) > 0; leaves = leaves[min(consulTxnOps, len(leaves)):] {
		chunks <- leaves[:min(consulTxnOps, len(leaves))]
	}
	close(chunks)
	wg.Wait()
	return context.Cause(ctx)
}

// checkLeaves marks those as stale whose index is not theirs any more.
func (l *consulLevelReader) checkLeaves(ctx context.Context, leaves []*consulLeaf) error {
	ops := make([]*api.KVTxnOp, len(leaves))
	for i, leaf := range leaves {
		ops[i] = &api.KVTxnOp{Verb: api.KVCheckIndex, Key: leaf.key, Index: leaf.state.Index}
	}
	_, err := l.store.txn(ctx, ops...)
	var conflict consulTxnError
	if !errors.As(err, &conflict) {
		return err
	}
	for _, e := range conflict {
		if e.OpIndex < len(leaves) {
			leaves[e.OpIndex].stale = true
		}
	}
	return nil
}

// getLeaves reads states. A key that is gone by now keeps the one it has: the
// level's next answer will not name it.
func (l *consulLevelReader) getLeaves(ctx context.Context, leaves []*consulLeaf) error {
	for len(leaves) > 0 {
		ops := make([]*api.KVTxnOp, len(leaves))
		byKey := make(map[string]*consulLeaf, len(leaves))
		for i, leaf := range leaves {
			ops[i] = &api.KVTxnOp{Verb: api.KVGet, Key: leaf.key}
			byKey[leaf.key] = leaf
		}
		err := l.store.txnEntries(ctx, func(e *consulEntry) {
			if leaf := byKey[string(e.key)]; leaf != nil {
				leaf.state = l.state(ctx, e)
			}
		}, ops...)
		var conflict consulTxnError
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &conflict):
			return err
		}
		left := leaves[:0:0]
		for i, leaf := range leaves {
			if !conflict.hits(i) {
				left = append(left, leaf)
			}
		}
		if len(left) == len(leaves) {
			return err
		}
		leaves = left
	}
	return nil
}

// hits reports whether an operation is among those that failed.
func (c consulTxnError) hits(op int) bool {
	for _, e := range c {
		if e.OpIndex == op {
			return true
		}
	}
	return false
}
