package zkwatch

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/wait"
	"kvist/kv/internal/zkwire"
)

// ErrTooLarge says that a Sink does not take a subtree whole.
var ErrTooLarge = errors.New("the subtree is too large to be taken whole")

// Subtree follows all nodes below a root: a listing, then each change. On ZooKeeper 3.6 and newer
// the server reports every change through one persistent recursive watch. Its events carry no
// data, so that changed nodes are read again. Older servers are followed by watches that fire
// once.
type Subtree struct {
	Dialer *zkwire.Dialer
	Root   string
	Data   bool // the sink wants data too
	Sink   Sink
	Scope  Scope // the open folders; nil if that does not matter

	// Owner returns the node whose lock a node is a claim to, if it is one, and QueueOwner the node
	// whose lock has its queue at a node. A change of either is a change of the owner too.
	Owner, QueueOwner func(node string) (owner string, ok bool)

	// Part follows a part of the subtree once the sink has returned ErrTooLarge. It is nil if the
	// sink never does.
	Part Part

	// Old is set once a server turned out to be older than 3.6. All subtrees of a store share it.
	Old *atomic.Bool
	// Budget bounds the watches on servers before 3.6.
	Budget int

	dirty    Dirty
	inParts  atomic.Bool // Part follows
	listed   bool        // a listing was completed before
	retrying bool        // contact was lost, or never made
	timeouts int         // how often a server did not accept a session in time since then
}

// Sink takes the nodes of a Subtree, from one goroutine at a time.
type Sink interface {
	// Begin begins a listing. again is true if there was one before.
	Begin(again bool)
	// List puts nodes of the listing, none of them twice. It may wait. Its errors are that of ctx
	// and ErrTooLarge.
	List(ctx context.Context, nodes []zkwire.Node) error
	// Listed ends the listing.
	Listed(unseen Unseen)
	// Live puts changed nodes in their new state. coalesced is true if one of them may have had
	// other states before.
	Live(nodes []zkwire.Node, coalesced bool)
	// Full reports whether all nodes that were put are more than the sink takes.
	Full() bool
	// Watched reports how much is watched, where watches are counted.
	Watched(w Watched)
	// Lost reports that contact was lost.
	Lost(err error)
}

// Unseen is the part of a subtree that a listing does not hold.
type Unseen struct {
	Denied int // nodes that the login may not read
	First  int // if not 0, only so many nodes are known, since the sink took no more
}

// Watched is how much of a subtree is watched.
type Watched struct {
	Partial         bool // not all nodes
	Watches, Budget int
}

// Scope is the set of open folders.
type Scope interface {
	// Folders returns the nodes of the open folders.
	Folders() []string
	// Changed reports whether they changed since it was called last.
	Changed() bool
}

// Part follows the open folders of a subtree that its sink does not take whole.
type Part interface {
	// Event notes a change. The goroutine that reads the connection calls it, so it must not wait.
	Event(e zkwire.Event)
	// Follow lists and follows over one connection until that is lost. It calls listed after each
	// listing.
	Follow(ctx context.Context, p *zkwire.Pipe, listed func()) error
}

// Run follows until ctx ends.
func (t *Subtree) Run(ctx context.Context) {
	var pause wait.Backoff
	for {
		err := t.follow(ctx, &pause)
		if ctx.Err() != nil {
			return
		}
		t.retrying = true
		t.Sink.Lost(err)
		if pause.Wait(ctx) != nil {
			return
		}
	}
}

// Dirty returns the nodes that changed and were not read again yet.
func (t *Subtree) Dirty() *Dirty { return &t.dirty }

// Listed reports whether a listing was completed before.
func (t *Subtree) Listed() bool { return t.listed }

// follow lists and follows until contact is lost. All of it goes over one connection of its own,
// so that what is read after an event is never older than the event.
func (t *Subtree) follow(ctx context.Context, pause *wait.Backoff) error {
	listed := func() {
		t.listed = true
		pause.Reset()
		t.timeouts = 0
	}
	if t.Old.Load() {
		return t.followOneShot(ctx, listed)
	}
	w, err := t.open(ctx, func(ctx context.Context, w *zkwire.Wire) error { return t.Dialer.Watch(ctx, w, t.Root) })
	if errors.Is(err, zkwire.ErrNoRecursiveWatches) {
		t.Old.Store(true)
		return t.followOneShot(ctx, listed)
	}
	if err != nil {
		return err
	}
	t.dirty.Reset()
	return t.over(ctx, w, t.event, func(ctx context.Context, p *zkwire.Pipe) error {
		if !t.inParts.Load() {
			if err := t.followWhole(ctx, p, listed); !errors.Is(err, ErrTooLarge) {
				return err
			}
			t.inParts.Store(true)
		}
		return t.Part.Follow(ctx, p, listed)
	})
}

// open connects to the first server with which prepare succeeds. prepare closes the connection if
// it fails.
func (t *Subtree) open(ctx context.Context, prepare func(context.Context, *zkwire.Wire) error) (*zkwire.Wire, error) {
	failures := zkwire.Failures{zkwire.ErrNotConnected}
	for _, address := range t.Dialer.Endpoints {
		ctx, cancel := context.WithTimeout(ctx, t.patience())
		w, err := t.Dialer.Open(ctx, address, zkwire.SessionTimeout)
		if err == nil {
			err = prepare(ctx, w)
		}
		if ctx.Err() != nil {
			t.timeouts++
		}
		cancel()
		if err == nil || errors.Is(err, zkwire.ErrNoRecursiveWatches) {
			return w, err
		}
		failures = failures.With(err)
	}
	return nil, failures
}

// patience returns how long a server may take to accept a session. A server that is starting
// loses what it is asked too early, so that it is asked again soon after contact was lost, and
// later with more time, for a server that is only slow.
func (t *Subtree) patience() time.Duration {
	if !t.retrying || t.timeouts > 2 {
		return t.Dialer.Timeout
	}
	return t.Dialer.Timeout / 8 << t.timeouts
}

// event notes what the recursive watch reports.
func (t *Subtree) event(e zkwire.Event) {
	if t.inParts.Load() {
		t.Part.Event(e)
		return
	}
	t.dirty.Add(e)
}

// over calls do with a connection until that breaks, and returns why.
func (t *Subtree) over(ctx context.Context, w *zkwire.Wire, event func(zkwire.Event), do func(context.Context, *zkwire.Pipe) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := t.Dialer.NewPipe(w, event)
	defer p.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		select {
		case <-p.Done():
			cancel()
		case <-ctx.Done():
		}
	})
	err := t.checkRoot(ctx, p)
	if err == nil {
		err = do(ctx, p)
	}
	if broken := p.Err(); broken != nil {
		err = broken // that ended the rest
	}
	cancel()
	return err
}

// checkRoot fails if the login may not read the root itself, so that nothing below it is known. A
// change of rights fires no watch, so that a caller who fails by it tries again.
func (t *Subtree) checkRoot(ctx context.Context, p *zkwire.Pipe) error {
	ctx, cancel := context.WithTimeout(ctx, t.Dialer.Timeout)
	defer cancel()
	err := p.CheckReadable(ctx, t.Root)
	if errors.Is(err, zk.ErrNoNode) {
		return nil
	}
	return err
}

// followWhole lists and follows the whole subtree, as long as the sink takes it.
func (t *Subtree) followWhole(ctx context.Context, p *zkwire.Pipe, listed func()) error {
	unseen, err := t.list(ctx, p, func(zkwire.Node) {})
	if err != nil {
		return err
	}
	listed()
	t.Sink.Listed(unseen)
	return t.live(ctx, func(ctx context.Context, paths []string) ([]zkwire.Node, error) { return t.reread(ctx, p, paths) })
}

// live reads what has changed, again and again.
func (t *Subtree) live(ctx context.Context, reread func(context.Context, []string) ([]zkwire.Node, error)) error {
	for {
		paths, coalesced, err := t.dirty.Take(ctx)
		if err != nil {
			return err
		}
		nodes, err := reread(ctx, paths)
		if err != nil {
			return err
		}
		t.Sink.Live(nodes, coalesced)
		if !t.Old.Load() && t.Sink.Full() {
			return ErrTooLarge
		}
	}
}

// reread reads nodes again, and the nodes whose locks they are claims to.
func (t *Subtree) reread(ctx context.Context, p *zkwire.Pipe, paths []string) ([]zkwire.Node, error) {
	paths = t.WithOwners(paths)
	return zkwire.ReadMany(ctx, len(paths), func(i int, got func(zkwire.Node, error)) { p.Read(paths[i], t.Data, false, got) })
}

// WithOwners adds to changed nodes the nodes whose locks they are claims to, and leaves out the
// server's own.
func (t *Subtree) WithOwners(paths []string) []string {
	seen := map[string]bool{}
	var all []string
	add := func(p string) {
		if !seen[p] && (!zkwire.IsReserved(p) || zkwire.IsReserved(t.Root)) {
			seen[p] = true
			all = append(all, p)
		}
	}
	for _, p := range paths {
		add(p)
		if owner, ok := t.Owner(p); ok {
			add(owner)
		}
	}
	return all
}
