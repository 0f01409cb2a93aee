package zkwatch

import (
	"context"

	"kvist/kv/internal/zkwire"
)

// lotMost bounds the nodes of a listing that are put at once.
const lotMost = 2048

// list makes the listing but for its end, and shows each of its nodes to see.
func (t *Subtree) list(ctx context.Context, p *zkwire.Pipe, see func(zkwire.Node)) (Unseen, error) {
	t.Sink.Begin(t.listed)
	bounded, cancel := context.WithTimeout(ctx, t.Dialer.Timeout)
	err := p.Sync(bounded)
	cancel()
	if err != nil {
		return Unseen{}, err
	}
	l := listing{subtree: t, most: 32}
	err = p.Walk(ctx, t.Root, t.Data, func(n zkwire.Node) ([]string, error) {
		n.Children = zkwire.WithoutReserved(n.Path, n.Children)
		see(n)
		return n.Children, l.add(ctx, n)
	})
	if err == nil {
		err = l.flush(ctx)
	}
	if err != nil {
		return Unseen{}, err
	}
	t.listed = true
	return Unseen{Denied: l.denied}, nil
}

// listing gathers the nodes of a running listing, in small lots first, so that there is something
// to see at once.
type listing struct {
	subtree *Subtree
	nodes   []zkwire.Node
	most    int // nodes of the next lot
	denied  int
}

func (l *listing) add(ctx context.Context, n zkwire.Node) error {
	if n.Stat == nil {
		return nil
	}
	if n.Denied {
		l.denied++
	}
	if owner, ok := l.subtree.QueueOwner(n.Path); ok && len(n.Children) > 0 {
		// It was listed before its queue was seen.
		l.subtree.dirty.Add(zkwire.Event{Kind: zkwire.Changed, Path: owner})
	}
	l.nodes = append(l.nodes, n)
	if len(l.nodes) < l.most {
		return nil
	}
	l.most = min(2*l.most, lotMost)
	return l.flush(ctx)
}

func (l *listing) flush(ctx context.Context) error {
	err := l.subtree.Sink.List(ctx, l.nodes)
	clear(l.nodes)
	l.nodes = l.nodes[:0]
	return err
}
