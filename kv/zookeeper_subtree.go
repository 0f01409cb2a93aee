package kv

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

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
	synced bool // a listing was completed before
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
	// limited says what the listing does not tell changes of; nil: nothing.
	limited(err error)
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
		t.sink.lost(t.store.fail("follow", zkKey(t.root), err))
		if b.wait(ctx) != nil {
			return
		}
	}
}

// follow lists and follows until contact is lost.
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
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(ctx, w.close)
	var wg sync.WaitGroup
	wg.Go(func() { cancel(t.collect(w)) })
	wg.Go(func() { cancel(w.keepAlive(ctx)) })
	err = t.list(ctx, t.visit)
	if err == nil {
		b.reset()
		err = t.live(ctx, func() bool { return t.store.main.conn.Server() == w.address }, t.reread)
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause // the connection broke, and that ended the rest
	}
	cancel(err)
	wg.Wait()
	if stop() {
		w.close()
	}
	return err
}

// watch sets the recursive watch, at the first server that takes it.
func (t *zkSubtree) watch(ctx context.Context) (*zkWire, error) {
	failures := zkFailures{errZkNotConnected}
	for _, address := range t.store.endpoints {
		ctx, cancel := context.WithTimeout(ctx, t.store.timeout)
		w, err := t.store.openWire(ctx, address, zkSessionTimeout)
		if err == nil {
			err = t.store.addWatch(ctx, w, t.root)
		}
		cancel()
		if err == nil || errors.Is(err, errZkUnknownOp) {
			return w, err
		}
		failures = append(failures, err)
	}
	return nil, failures
}

// addWatch sets the recursive watch on a connection, which it closes when
// that fails. A server before 3.6 drops the connection on the operation, with
// or without an answer: its version tells which it was.
func (s *Zookeeper) addWatch(ctx context.Context, w *zkWire, root string) error {
	stop := context.AfterFunc(ctx, func() { w.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	err := w.addWatch(root)
	if err == nil {
		return nil
	}
	w.close()
	var code zkCode
	if errors.Is(err, errZkUnknownOp) || errors.As(err, &code) || ctx.Err() != nil {
		return err
	}
	info, infoErr := s.serverInfo(ctx, w.address)
	if infoErr == nil && zkBefore(info.version, 3, 6) {
		return fmt.Errorf("%w: %w", errZkUnknownOp, err)
	}
	return err
}

// collect notes the nodes that change until the connection breaks.
func (t *zkSubtree) collect(w *zkWire) error {
	for {
		e, err := w.next()
		if err != nil {
			return err
		}
		t.dirty.add(e.path, e.kind)
	}
}

// list makes the listing. visit reads one node and the names below it.
func (t *zkSubtree) list(ctx context.Context, visit zkVisit) error {
	missed := Missed(0)
	if t.synced {
		missed = Gap
	}
	t.sink.begin(missed)
	if err := t.store.syncBounded(ctx); err != nil {
		return err
	}
	l := zkListing{subtree: t, visit: visit, flushAt: 32}
	if err := t.store.walk(ctx, t.root, l.take(ctx)); err != nil {
		return err
	}
	if err := l.flush(ctx); err != nil {
		return err
	}
	t.synced = true
	var err error
	if l.denied > 0 {
		err = t.store.fail("follow", zkKey(t.root), &Error{Kind: ErrDenied, Err: fmt.Errorf("%d nodes and what is below them %w", l.denied, errZkPartly)})
	}
	t.sink.sync(err)
	return nil
}

// zkVisit reads a node and the names of the nodes right below it.
type zkVisit func(ctx context.Context, node string) (zkNode, []string, error)

// visit is the zkVisit of a subtree with a recursive watch.
func (t *zkSubtree) visit(ctx context.Context, node string) (zkNode, []string, error) {
	return t.visitOn(ctx, t.store.main, node)
}

func (t *zkSubtree) visitOn(ctx context.Context, z *zkSession, node string) (zkNode, []string, error) {
	n, err := t.store.read(ctx, z, node, t.values)
	return n, n.children, err
}

// zkListing gathers the nodes of a running listing: small lots first, so that
// there is something to see at once.
type zkListing struct {
	subtree *zkSubtree
	visit   zkVisit

	mu      sync.Mutex
	nodes   []zkNode
	flushAt int
	denied  int
}

// take is what the walk does with each node.
func (l *zkListing) take(all context.Context) func(context.Context, string) ([]string, error) {
	return func(ctx context.Context, node string) ([]string, error) {
		n, children, err := l.visit(ctx, node)
		if err != nil || n.stat == nil {
			return nil, err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if n.denied {
			l.denied++
		}
		if owner, ok := zkQueueOwner(node); ok && len(children) > 0 {
			l.subtree.dirty.add(owner, zkChanged) // it was listed before its queue was seen
		}
		l.nodes = append(l.nodes, n)
		if len(l.nodes) >= l.flushAt {
			err = l.flush(all)
			l.flushAt = min(2*l.flushAt, batchMax/2)
		}
		return zkWithoutReserved(node, children), err
	}
}

func (l *zkListing) flush(ctx context.Context) error {
	nodes := l.nodes
	l.nodes = nil
	return l.subtree.sink.list(ctx, nodes)
}

// live reads what has changed, again and again. Unless the recursive watch is
// at the server that is read from, a sync makes sure that the change is seen.
func (t *zkSubtree) live(ctx context.Context, sameServer func() bool, reread func(context.Context, []string) ([]zkNode, error)) error {
	for {
		paths, coalesced, err := t.dirty.take(ctx)
		if err != nil {
			return err
		}
		if !sameServer() {
			if err := t.store.syncBounded(ctx); err != nil {
				return err
			}
		}
		nodes, err := reread(ctx, paths)
		if err != nil {
			return err
		}
		t.sink.live(nodes, coalesced)
	}
}

// reread reads nodes anew, in their order, and besides them those whose lock
// they are the queue of.
func (t *zkSubtree) reread(ctx context.Context, paths []string) ([]zkNode, error) {
	paths = t.withOwners(paths)
	nodes := make([]zkNode, len(paths))
	return nodes, zkEach(len(paths), func(i int) error {
		bounded, cancel := context.WithTimeout(ctx, t.store.timeout)
		defer cancel()
		var err error
		nodes[i], err = t.store.again(bounded, t.store.main, paths[i], t.values)
		return err
	})
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

// syncBounded is sync with the timeout of a small request.
func (s *Zookeeper) syncBounded(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.sync(ctx)
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

// zkDirty is the set of nodes that changed and were not read again since, in
// the order in which they did. The zero value is ready.
type zkDirty struct {
	mu        sync.Mutex
	known     map[string]int32 // the last event of each
	order     []string
	coalesced bool // one of them changed twice
	wake      chan struct{}
}

// add notes a node that changed. That it was created and then changed is one
// change to those who knew nothing of it.
func (d *zkDirty) add(path string, kind int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.prepare()
	before, known := d.known[path]
	if !known {
		d.order = append(d.order, path)
	} else if before != zkCreated || kind != zkChanged {
		d.coalesced = true
	}
	d.known[path] = kind
	signal(d.wake)
}

// take waits for nodes that changed and forgets them.
func (d *zkDirty) take(ctx context.Context) (paths []string, coalesced bool, err error) {
	for {
		d.mu.Lock()
		d.prepare()
		paths, coalesced = d.order, d.coalesced
		if len(paths) > 0 {
			d.order, d.coalesced = nil, false
			clear(d.known)
		}
		d.mu.Unlock()
		if len(paths) > 0 {
			return paths, coalesced, nil
		}
		select {
		case <-d.wake:
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
}

func (d *zkDirty) prepare() {
	if d.known == nil {
		d.known = map[string]int32{}
		d.wake = make(chan struct{}, 1)
	}
}
