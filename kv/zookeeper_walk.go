package kv

import (
	"context"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/go-zookeeper/zk"
)

const (
	// zkWidth is how many requests for nodes are under way at a time: the
	// server answers those of one session in order, so what counts is that it
	// never waits for us.
	zkWidth = 256

	// zkValueWidth is zkWidth where values come too, which may have a
	// megabyte each.
	zkValueWidth = 32

	// zkWide is how many names a walk has before it that it would rather go
	// into the depth than find more of them. Up to there it goes level by
	// level, so that the first levels are known at once.
	zkWide = 20_000
)

// walk visits root and all below it, the first levels first, many at a time.
// visit gets each node as it was read, with its data if wanted, and gives the
// names of those right below it that are to be visited too; its error ends the
// walk. It may wait: nothing more is asked for meanwhile.
func (p *zkPipe) walk(ctx context.Context, root string, data bool, visit func(zkNode) ([]string, error)) error {
	width := zkWidth
	if data {
		width = zkValueWidth
	}
	found := newZkReads()
	readers := zkReaders{pipes: []*zkPipe{p}}
	defer readers.close()
	todo := zkFrontier{}
	todo.add("", []string{root})
	for busy := 0; ; {
		if todo.size > zkMany {
			readers.grow(ctx)
		}
		if busy <= width/2 { // refilled by half, requests go out together
			for ; busy < width && todo.size > 0; busy++ {
				readers.next().read(todo.take(), data, found.add)
			}
		}
		if busy == 0 {
			return nil
		}
		nodes, err := found.take(ctx)
		if err != nil {
			return err
		}
		busy -= len(nodes)
		for _, n := range nodes {
			below, err := visit(n)
			if err != nil {
				return err
			}
			todo.add(n.path, below)
		}
	}
}

// zkFrontier is what a walk has still to visit. While it is small, what was
// found first is visited first; then what was found last, which keeps it from
// growing with the tree.
type zkFrontier struct {
	groups []zkSiblings
	size   int
}

// zkSiblings are nodes right below one.
type zkSiblings struct {
	parent string
	names  []string
}

func (f *zkFrontier) add(parent string, names []string) {
	if len(names) > 0 {
		f.groups = append(f.groups, zkSiblings{parent, names})
		f.size += len(names)
	}
}

func (f *zkFrontier) take() string {
	i := 0
	if f.size > zkWide {
		i = len(f.groups) - 1
	}
	g := &f.groups[i]
	node := g.names[0]
	if g.parent != "" {
		node = zkJoin(g.parent, node)
	}
	f.size--
	if g.names = g.names[1:]; len(g.names) == 0 {
		*g = zkSiblings{}
		if i == 0 {
			f.groups = f.groups[1:]
		} else {
			f.groups = f.groups[:i]
		}
	}
	return node
}

// List implements Store. Nodes that vanish meanwhile are left out, and so
// are those that may not be read, with all below them.
func (s *Zookeeper) List(prefix string) ([]*KVPair, error) {
	root, err := zkDirectory(prefix)
	if err != nil {
		return nil, s.fail("list", prefix, err)
	}
	var pairs []*KVPair
	err = s.withPipe(s.ctx, func(p *zkPipe) error {
		pairs = []*KVPair{}
		return p.walk(s.ctx, root, true, func(n zkNode) ([]string, error) {
			switch {
			case n.path == root && n.denied:
				return nil, zk.ErrNoAuth
			case n.path == root && n.stat == nil:
				return nil, zk.ErrNoNode
			case n.path != root && n.stat != nil && !n.denied:
				pairs = append(pairs, n.pair())
			}
			return zkShown(n.path, n.children), nil
		})
	})
	if err != nil {
		return nil, s.fail("list", prefix, err)
	}
	sort.Slice(pairs, func(i, j int) bool { return pairs[i].Key < pairs[j].Key })
	return pairs, nil
}

// zkShown leaves out the children that listings do not show.
func zkShown(node string, children []string) []string {
	return slices.DeleteFunc(children, func(child string) bool { return zkHidden(zkJoin(node, child)) })
}

// zkWithoutReserved leaves out what is the server's own.
func zkWithoutReserved(node string, children []string) []string {
	if node != "/" {
		return children
	}
	return slices.DeleteFunc(children, func(child string) bool { return zkJoin(node, child) == zkReserved })
}

// zkEach does something for each of n things, some at a time, until one
// fails.
func zkEach(n int, do func(i int) error) error {
	var wg sync.WaitGroup
	var next atomic.Int64
	var once sync.Once
	var failed error
	for range min(n, zkValueWidth) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := recovered(func() error { return do(i) }); err != nil {
					once.Do(func() { failed = err })
					next.Store(int64(n))
				}
			}
		})
	}
	wg.Wait()
	return failed
}
