package kv

import (
	"context"
	"errors"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/go-zookeeper/zk"
)

// zkWidth is how many nodes are read at a time: the server answers requests
// of one session in order, so what counts is that they are under way together.
const zkWidth = 32

// walk visits root and all below it, level by level, many at a time. visit
// reads one node and gives the names of those right below it that are to be
// visited too; its error ends the walk.
func (s *Zookeeper) walk(ctx context.Context, root string, visit func(ctx context.Context, node string) ([]string, error)) error {
	q := zkQueue{paths: []string{root}}
	q.more = sync.NewCond(&q.mu)
	var wg sync.WaitGroup
	for range zkWidth {
		wg.Go(func() {
			for {
				node, ok := q.take()
				if !ok {
					return
				}
				bounded, cancel := context.WithTimeout(ctx, s.timeout)
				children, err := visit(bounded, node)
				cancel()
				q.done(node, children, err)
			}
		})
	}
	wg.Wait()
	return q.err
}

// zkQueue is what a walk still has to visit.
type zkQueue struct {
	mu    sync.Mutex
	more  *sync.Cond
	paths []string
	busy  int // visits under way, which may find more
	err   error
}

func (q *zkQueue) take() (string, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.paths) == 0 && q.busy > 0 && q.err == nil {
		q.more.Wait()
	}
	if len(q.paths) == 0 || q.err != nil {
		return "", false
	}
	node := q.paths[0]
	q.paths = q.paths[1:]
	q.busy++
	return node, true
}

func (q *zkQueue) done(node string, children []string, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy--
	if q.err == nil {
		q.err = err
	}
	for _, child := range children {
		q.paths = append(q.paths, zkJoin(node, child))
		q.more.Signal()
	}
	if q.err != nil || q.busy == 0 {
		q.more.Broadcast()
	}
}

// read reads a node, with its data if wanted, and the names below it. A node
// that is not there has no stat; one that may not be read has no more than
// that.
func (s *Zookeeper) read(ctx context.Context, z *zkSession, path string, data bool) (zkNode, error) {
	n := zkNode{path: path}
	var err error
	if data {
		n, err = s.getOn(ctx, z, path)
		n.path = path
	}
	if err == nil && (!data || n.stat.NumChildren > 0) {
		n, err = s.readNames(ctx, z, n)
	}
	if errors.Is(err, zk.ErrNoAuth) {
		n.denied = true
		n.stat, err = s.statOn(ctx, z, path)
	}
	if errors.Is(err, zk.ErrNoNode) {
		return zkNode{path: path}, nil
	}
	return n, err
}

// readNames adds the names below a node, and its stat, unless that was read
// before: stat and data must belong together.
func (s *Zookeeper) readNames(ctx context.Context, z *zkSession, n zkNode) (zkNode, error) {
	return zkAskAgain(ctx, z, func(c *zk.Conn) (zkNode, error) {
		names, stat, err := c.Children(n.path)
		if n.stat != nil || err != nil {
			stat = n.stat
		}
		return zkNode{path: n.path, data: n.data, stat: stat, children: names}, err
	})
}

// zkShown leaves out the children that listings do not show.
func zkShown(node string, children []string) []string {
	shown := children[:0]
	for _, child := range children {
		if !zkHidden(zkJoin(node, child)) {
			shown = append(shown, child)
		}
	}
	return shown
}

// List implements Store. Nodes that vanish meanwhile are left out, and so
// are those that may not be read, with all below them.
func (s *Zookeeper) List(prefix string) ([]*KVPair, error) {
	root, err := zkDirectory(prefix)
	if err != nil {
		return nil, s.fail("list", prefix, err)
	}
	var mu sync.Mutex
	pairs := []*KVPair{}
	err = s.walk(s.ctx, root, func(ctx context.Context, node string) ([]string, error) {
		n, err := s.read(ctx, s.main, node, true)
		switch {
		case err != nil:
			return nil, err
		case node == root && n.denied:
			return nil, zk.ErrNoAuth
		case node == root && n.stat == nil:
			return nil, zk.ErrNoNode
		case node != root && n.stat != nil && !n.denied:
			mu.Lock()
			pairs = append(pairs, n.pair())
			mu.Unlock()
		}
		return zkShown(node, n.children), nil
	})
	if err != nil {
		return nil, s.fail("list", prefix, err)
	}
	sort.Slice(pairs, func(i, j int) bool { return pairs[i].Key < pairs[j].Key })
	return pairs, nil
}

// paths are root and all nodes below it, also those that listings hide;
// zk.ErrNoNode when there is no root.
func (s *Zookeeper) paths(ctx context.Context, root string) ([]string, error) {
	var mu sync.Mutex
	var all []string
	err := s.walk(ctx, root, func(ctx context.Context, node string) ([]string, error) {
		n, err := s.read(ctx, s.main, node, false)
		if err != nil {
			return nil, err
		}
		if n.stat == nil {
			if node == root {
				return nil, zk.ErrNoNode
			}
			return nil, nil
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, node)
		return n.children, nil
	})
	return all, err
}

// zkWithoutReserved leaves out what is the server's own.
func zkWithoutReserved(node string, children []string) []string {
	return slices.DeleteFunc(children, func(child string) bool { return zkJoin(node, child) == zkReserved })
}

// zkEach does something for each of n things, some at a time, until one
// fails.
func zkEach(n int, do func(i int) error) error {
	var wg sync.WaitGroup
	var next atomic.Int64
	var once sync.Once
	var failed error
	for range min(n, zkWidth) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					once.Do(func() { failed = err })
					next.Store(int64(n))
				}
			}
		})
	}
	wg.Wait()
	return failed
}
