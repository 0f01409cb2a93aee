package zkwatch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/wait"
	"kvist/kv/internal/zkwire"
)

// retryPause is the pause before a watch is set again that was lost with its connection.
const retryPause = 10 * time.Millisecond

// Shared are watches of single nodes that share one connection, which is open while anybody needs
// it. The client library cannot remove a watch, so that the watches of its session would stay set
// on the server until the store is closed. Here the last waiter for a node removes its watch.
// Servers before 3.5 cannot remove watches: there they end with the connection, after the last
// waiter for anything.
type Shared struct {
	dialer *zkwire.Dialer

	mu      sync.Mutex
	users   int
	pipe    *zkwire.Pipe
	opening chan struct{} // closed when an attempt to connect is over; nil while there is none
	waiting map[string][]*Watch
	keeps   bool // the server does not remove watches
}

// Watch is one waiter's watch of a node.
type Watch struct {
	// Fired is closed by the change, or when the connection broke.
	Fired <-chan struct{}

	path  string
	fired chan struct{}
}

// NewShared returns watches on the servers of dialer.
func NewShared(dialer *zkwire.Dialer) *Shared {
	return &Shared{dialer: dialer, waiting: map[string][]*Watch{}}
}

// Enter keeps the connection open until leave is called.
func (s *Shared) Enter() (leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users++
	return s.leave
}

func (s *Shared) leave() {
	s.mu.Lock()
	s.users--
	var last *zkwire.Pipe
	if s.users == 0 {
		last, s.pipe = s.pipe, nil
	}
	s.mu.Unlock()
	if last != nil {
		last.Close()
	}
}

// Set sets a watch on a node, whether that exists or not, and reads the node with the same
// request: the watch fires for each change of the node as it was read. If data is true the node's
// data are read, else no right is needed. If fresh is true, the node is not older than what was
// written before, by anyone.
func (s *Shared) Set(ctx context.Context, path string, data, fresh bool) (*Watch, zkwire.Node, error) {
	for {
		p, err := s.open(ctx)
		if err == nil && fresh {
			err = p.Sync(ctx)
		}
		var w *Watch
		var n zkwire.Node
		if err == nil {
			w, n, err = s.setOn(ctx, p, path, data)
		}
		if !errors.Is(err, zk.ErrConnectionClosed) || errors.Is(err, zkwire.ErrBadAnswer) || wait.Sleep(ctx, retryPause) != nil {
			return w, n, err
		}
	}
}

func (s *Shared) setOn(ctx context.Context, p *zkwire.Pipe, path string, data bool) (*Watch, zkwire.Node, error) {
	type answer struct {
		node zkwire.Node
		err  error
	}
	fired := make(chan struct{})
	w := &Watch{path: path, fired: fired, Fired: fired}
	answered := make(chan answer, 1)
	s.mu.Lock()
	s.waiting[path] = append(s.waiting[path], w)
	// Under the lock, so that no other waiter removes the watch after this request.
	p.Read(path, data, true, func(n zkwire.Node, err error) {
		answered <- answer{n, err}
		if err == nil {
			s.removeUnused(p, path)
		}
	})
	s.mu.Unlock()
	var a answer
	select {
	case a = <-answered:
	case <-ctx.Done():
		a.err = fmt.Errorf("%w: %w", zkwire.ErrUnanswered, context.Cause(ctx))
	}
	if a.err == nil && a.node.Denied {
		a.err = zk.ErrNoAuth
	}
	if a.err != nil {
		s.Remove(w)
		return nil, zkwire.Node{}, a.err
	}
	return w, a.node, nil
}

// Remove ends the wait for a watch, and removes it from the server if nobody else waits for the
// node. It may be called again, and with nil.
func (s *Shared) Remove(w *Watch) {
	if w == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := s.waiting[w.path]
	for i, other := range rest {
		if other != w {
			continue
		}
		rest = append(rest[:i:i], rest[i+1:]...)
		if len(rest) > 0 {
			s.waiting[w.path] = rest
			return
		}
		delete(s.waiting, w.path)
		s.remove(s.pipe, w.path)
		return
	}
}

// removeUnused removes a watch that was set after all its waiters had given up.
func (s *Shared) removeUnused(p *zkwire.Pipe, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting[path]) == 0 {
		s.remove(p, path)
	}
}

// remove removes a watch from the server, if that can. The caller holds the lock.
func (s *Shared) remove(p *zkwire.Pipe, path string) {
	if p != nil && p == s.pipe && !s.keeps {
		p.RemoveWatch(path, false, func(error) {})
	}
}

// fire wakes all waiters for a node. The goroutine that reads the connection calls it.
func (s *Shared) fire(e zkwire.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.waiting[e.Path] {
		close(w.fired)
	}
	delete(s.waiting, e.Path)
}

// open returns the connection, which the first caller opens.
func (s *Shared) open(ctx context.Context) (*zkwire.Pipe, error) {
	for {
		s.mu.Lock()
		if p := s.pipe; p != nil {
			s.mu.Unlock()
			return p, nil
		}
		opening := s.opening
		if opening == nil {
			s.opening = make(chan struct{})
			s.mu.Unlock()
			return s.reopen(ctx)
		}
		s.mu.Unlock()
		select {
		case <-opening:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// reopen opens a connection, and wakes all waiters once it has broken: what was watched over it
// may have changed since.
func (s *Shared) reopen(ctx context.Context) (*zkwire.Pipe, error) {
	p, err := s.dialer.OpenPipe(ctx, s.fire, 0)
	keeps := err == nil && s.dialer.KeepsWatches(ctx, p.Address())
	s.mu.Lock()
	close(s.opening)
	s.opening = nil
	if err == nil {
		s.pipe, s.keeps = p, keeps
	}
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	p.AfterDone(func() { s.broke(p) })
	return p, nil
}

func (s *Shared) broke(p *zkwire.Pipe) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pipe != p {
		return
	}
	s.pipe = nil
	for _, watches := range s.waiting {
		for _, w := range watches {
			close(w.fired)
		}
	}
	clear(s.waiting)
}
