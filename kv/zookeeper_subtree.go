package kv

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/go-zookeeper/zk"
)

// zkSubtree follows all nodes below root: a listing, then each change. On
// ZooKeeper 3.6 and newer the server tells every change through one
// persistent recursive watch; the events carry no data, so changed nodes are
// read again.
type zkSubtree struct {
	store  *Zookeeper
	root   string
	values bool // the sink wants data too
	sink   zkSink
	dirty  zkDirty
	scope  zkScope                  // what is open
	feed   *zkFeed                  // the sink, where it is one
	levels atomic.Pointer[zkLevels] // nil as long as all is followed
	synced bool                     // a listing was completed before
	again  bool                     // contact was lost, or not had
	unmet  int                      // how often a server did not let us in within patience since then
}

// zkSink takes what a zkSubtree finds, hidden nodes too, from one goroutine
// at a time.
type zkSink interface {
	begin(missed Missed)
	// list puts nodes of the listing, none twice. It may wait; the error is
	// ctx's.
	list(ctx context.Context, nodes []zkNode) error
	// sync ends the listing; err is about what could not be read or watched.
	sync(err error)
	// live puts changed nodes in their new state; coalesced when one of them
	// may have had others before.
	live(nodes []zkNode, coalesced bool)
	// reached says how much is watched, where watches are counted.
	reached(r reach)
	lost(err error)
}

// errZkPartly says that part of a subtree may not be read.
var errZkPartly = errors.New("may not be read")

// run follows until ctx ends.
func (t *zkSubtree) run(ctx context.Context) {
	var b backoff
	for {
		err := t.follow(ctx, &b)
		if ctx.Err() != nil {
			return
		}
		t.again = true
		t.sink.lost(t.store.fail("follow", zkKey(t.root), err))
		if b.wait(ctx) != nil {
			return
		}
	}
}

// follow lists and follows until contact is lost. All goes over one connection
// of its own: what is read after an event is never older than it.
func (t *zkSubtree) follow(ctx context.Context, b *backoff) error {
	if t.store.isOneShot() {
		return t.followOneShot(ctx, b)
	}
	w, err := t.watch(ctx)
	if errors.Is(err, errZkUnknownOp) {
		t.store.setOneShot()
		return t.followOneShot(ctx, b)
	}
	if err != nil {
		return err
	}
	t.dirty.reset()
	return t.through(ctx, w, t.event, func(ctx context.Context, p *zkPipe) error {
		if t.levels.Load() == nil {
			if err := t.followWhole(ctx, p, b); !errors.Is(err, errBeyondMemory) {
				return err
			}
			t.levels.Store(&zkLevels{zkSubtree: t, feed: t.feed, open: map[string]*zkOpen{}})
		}
		return t.levels.Load().follow(ctx, p, b)
	})
}

// event notes what the recursive watch tells.
func (t *zkSubtree) event(e zkEvent) {
	if l := t.levels.Load(); l != nil {
		l.event(e)
		return
	}
	t.dirty.add(e.path, e.kind)
}

// followWhole lists and follows all there is, as long as that is not too much.
func (t *zkSubtree) followWhole(ctx context.Context, p *zkPipe, b *backoff) error {
	unseen, err := t.list(ctx, p, func(zkNode) {})
	if err != nil {
		return err
	}
	b.reset()
	t.unmet = 0
	t.sink.sync(unseen)
	return t.live(ctx, func(ctx context.Context, paths []string) ([]zkNode, error) { return t.reread(ctx, p, paths) })
}

// through does something over a connection until that breaks, and gives why.
func (t *zkSubtree) through(ctx context.Context, w *zkWire, event func(zkEvent), do func(context.Context, *zkPipe) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := t.store.newPipe(w, event)
	defer p.close()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		select {
		case <-p.done:
			cancel()
		case <-ctx.Done():
		}
	})
	err := t.rootReadable(ctx, p)
	if err == nil {
		err = do(ctx, p)
	}
	if broken := p.broken(); broken != nil {
		err = broken // that ended the rest
	}
	cancel()
	return err
}

// rootReadable fails where the root itself may not be read, so that nothing
// below it is known. A change of rights rings no watch: whoever fails by it tries
// again.
func (t *zkSubtree) rootReadable(ctx context.Context, p *zkPipe) error {
	ctx, cancel := context.WithTimeout(ctx, t.store.timeout)
	defer cancel()
	err := p.call(ctx, zkOpGetData, zkWatchable(t.root, false), nil)
	if errors.Is(err, zk.ErrNoNode) {
		return nil
	}
	return err
}

// watch sets the recursive watch, at the first server that takes it.
func (t *zkSubtree) watch(ctx context.Context) (*zkWire, error) {
	return t.wireWith(ctx, func(ctx context.Context, w *zkWire) error { return t.store.addWatch(ctx, w, t.root) })
}

// list makes the listing but for its end, and shows each node of it to see.
// unseen says what could not be read.
func (t *zkSubtree) list(ctx context.Context, p *zkPipe, see func(zkNode)) (unseen, err error) {
	missed := Missed(0)
	if t.synced {
		missed = Gap
	}
	t.sink.begin(missed)
	bounded, cancel := context.WithTimeout(ctx, t.store.timeout)
	err = p.sync(bounded)
	cancel()
	if err != nil {
		return nil, err
	}
	l := zkListing{subtree: t, flushAt: 32}
	err = p.walk(ctx, t.root, t.values, func(n zkNode) ([]string, error) {
		n.children = zkWithoutReserved(n.path, n.children)
		see(n)
		return n.children, l.take(ctx, n)
	})
	if err == nil {
		err = l.flush(ctx)
	}
	if err != nil {
		return nil, err
	}
	t.synced = true
	if l.denied > 0 {
		unseen = t.store.fail("follow", zkKey(t.root), &Error{Kind: ErrDenied, Err: fmt.Errorf("%d nodes and what is below them %w", l.denied, errZkPartly)})
	}
	return unseen, nil
}

// zkListing gathers the nodes of a running listing: small lots first, so that
// there is something to see at once.
type zkListing struct {
	subtree *zkSubtree
	nodes   []zkNode
	flushAt int
	denied  int
}

// take adds a node.
func (l *zkListing) take(ctx context.Context, n zkNode) error {
	if n.stat == nil {
		return nil
	}
	if n.denied {
		l.denied++
	}
	if owner, ok := zkQueueOwner(n.path); ok && len(n.children) > 0 {
		l.subtree.dirty.add(owner, zkChanged) // it was listed before its queue was seen
	}
	l.nodes = append(l.nodes, n)
	if len(l.nodes) < l.flushAt {
		return nil
	}
	l.flushAt = min(2*l.flushAt, batchMax/2)
	return l.flush(ctx)
}

func (l *zkListing) flush(ctx context.Context) error {
	err := l.subtree.sink.list(ctx, l.nodes)
	clear(l.nodes)
	l.nodes = l.nodes[:0]
	return err
}

// live reads what has changed, again and again.
func (t *zkSubtree) live(ctx context.Context, reread func(context.Context, []string) ([]zkNode, error)) error {
	for {
		paths, coalesced, err := t.dirty.take(ctx)
		if err != nil {
			return err
		}
		nodes, err := reread(ctx, paths)
		if err != nil {
			return err
		}
		t.sink.live(nodes, coalesced)
		if f := t.feed; f != nil && f.used > f.most && !t.store.isOneShot() && f.scope.partial {
			return errBeyondMemory
		}
	}
}

// reread reads nodes anew, and besides them those whose lock they are the
// queue of.
func (t *zkSubtree) reread(ctx context.Context, p *zkPipe, paths []string) ([]zkNode, error) {
	paths = t.withOwners(paths)
	return zkReadMany(ctx, len(paths), func(i int, got func(zkNode, error)) { p.readAgain(paths[i], t.values, false, got) })
}

// withOwners adds to changed nodes the keys whose locks they belong to, and
// leaves out what is the server's own.
func (t *zkSubtree) withOwners(paths []string) []string {
	seen := map[string]bool{}
	var all []string
	add := func(p string) {
		if !seen[p] && !(zkIsReserved(p) && !zkIsReserved(t.root)) {
			seen[p] = true
			all = append(all, p)
		}
	}
	for _, p := range paths {
		add(p)
		if owner, ok := zkLockOwner(p); ok {
			add(owner)
		}
	}
	return all
}

// again reads one node, its data only if wanted.
func (s *Zookeeper) again(ctx context.Context, z *zkSession, path string, value bool) (zkNode, error) {
	n := zkNode{path: path}
	var err error
	if value {
		n, err = s.getOn(ctx, z, path)
		n.path = path
	}
	if !value || errors.Is(err, zk.ErrNoAuth) {
		n.denied = value
		n.stat, err = s.statOn(ctx, z, path)
	}
	if errors.Is(err, zk.ErrNoNode) {
		return zkNode{path: path}, nil
	}
	return n, err
}

func (s *Zookeeper) isOneShot() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.oneShot
}

func (s *Zookeeper) setOneShot() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oneShot = true
}
