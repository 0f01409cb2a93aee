package kv

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"
)

// zkBells are the watches of single nodes that Watch and locks set. They share
// one connection, which is there while somebody has one: the client library
// cannot take a watch back, so that those of its own session would stay set on
// the server until the store is closed. Here the last who waits for a node
// takes its watch back (servers before 3.5 cannot do that: there it goes with
// the connection, after the last who waits for anything).
type zkBells struct {
	store *Zookeeper

	mu      sync.Mutex
	users   int
	pipe    *zkPipe
	opening chan struct{} // closed when somebody who opens a pipe is done; nil while nobody does
	waiting map[string][]*zkBell
	keeps   bool // the server does not take watches back
}

// zkBell tells one who waits that a node may have changed.
type zkBell struct {
	path string
	rung chan struct{} // closed by the change, or when the connection broke
}

// join says that somebody is going to wait; leave that they never will again.
func (w *zkBells) join() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.users++
}

func (w *zkBells) leave() {
	w.mu.Lock()
	w.users--
	var last *zkPipe
	if w.users == 0 {
		last, w.pipe = w.pipe, nil
	}
	w.mu.Unlock()
	if last != nil {
		last.close()
	}
}

// arm sets a watch on a node, there or not, and reads it with that: the bell
// rings for each change of the node as it was read. The data are read if
// wanted; without, no right is needed. With fresh, what is read is not older
// than what was written before, by anyone.
func (w *zkBells) arm(ctx context.Context, path string, data, fresh bool) (*zkBell, zkNode, error) {
	for {
		p, err := w.open(ctx)
		if err == nil && fresh {
			err = p.sync(ctx)
		}
		var b *zkBell
		var n zkNode
		if err == nil {
			b, n, err = w.armOn(ctx, p, path, data)
		}
		if !errors.Is(err, zk.ErrConnectionClosed) || errors.Is(err, errZkBadAnswer) || sleep(ctx, zkRetryPause) != nil {
			return b, n, err
		}
	}
}

func (w *zkBells) armOn(ctx context.Context, p *zkPipe, path string, data bool) (*zkBell, zkNode, error) {
	type answer struct {
		node zkNode
		err  error
	}
	b := &zkBell{path: path, rung: make(chan struct{})}
	answered := make(chan answer, 1)
	w.mu.Lock()
	w.waiting[path] = append(w.waiting[path], b)
	// Under the lock, so that no other takes the watch back after this request.
	p.readAgain(path, data, true, func(n zkNode, err error) {
		answered <- answer{n, err}
		if err == nil {
			w.tidy(p, path)
		}
	})
	w.mu.Unlock()
	var a answer
	select {
	case a = <-answered:
	case <-ctx.Done():
		a.err = fmt.Errorf("%w: %w", errZkUnanswered, context.Cause(ctx))
	}
	if a.err == nil && a.node.denied {
		a.err = zk.ErrNoAuth
	}
	if a.err != nil {
		w.disarm(b)
		return nil, zkNode{}, a.err
	}
	return b, a.node, nil
}

// disarm ends the wait for a bell, and takes the watch back if nobody else
// waits for it. It may be called again.
func (w *zkBells) disarm(b *zkBell) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := w.waiting[b.path]
	for i, other := range rest {
		if other != b {
			continue
		}
		rest = append(rest[:i:i], rest[i+1:]...)
		if len(rest) > 0 {
			w.waiting[b.path] = rest
			return
		}
		delete(w.waiting, b.path)
		w.takeBack(w.pipe, b.path)
		return
	}
}

// tidy takes a watch back that nobody waits for any more, as it was set after
// they had given up.
func (w *zkBells) tidy(p *zkPipe, path string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting[path]) == 0 {
		w.takeBack(p, path)
	}
}

// takeBack takes a watch back, where the server can do that. It is called with
// the lock.
func (w *zkBells) takeBack(p *zkPipe, path string) {
	if p != nil && p == w.pipe && !w.keeps {
		p.removeWatch(zkWatch{node: path}, func(error) {})
	}
}

// ring tells all who wait for a node. It is called by the reader of the pipe.
func (w *zkBells) ring(e zkEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.waiting[e.path] {
		close(b.rung)
	}
	delete(w.waiting, e.path)
}

// open is the connection, made by the first who asks for it.
func (w *zkBells) open(ctx context.Context) (*zkPipe, error) {
	for {
		w.mu.Lock()
		if p := w.pipe; p != nil {
			w.mu.Unlock()
			return p, nil
		}
		opening := w.opening
		if opening == nil {
			w.opening = make(chan struct{})
			w.mu.Unlock()
			return w.reopen(ctx)
		}
		w.mu.Unlock()
		select {
		case <-opening:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// reopen makes a connection, and rings all bells once it has broken: what was
// watched over it may have changed since.
func (w *zkBells) reopen(ctx context.Context) (*zkPipe, error) {
	p, err := w.store.openPipe(ctx, w.ring, 0)
	keeps := err == nil && w.store.keepsWatches(ctx, p.wire.address)
	w.mu.Lock()
	close(w.opening)
	w.opening = nil
	if err == nil {
		w.pipe, w.keeps = p, keeps
	}
	w.mu.Unlock()
	if err != nil {
		return nil, err
	}
	p.running.Go(func() {
		<-p.done
		_ = contained(func() { w.broke(p) })
	})
	return p, nil
}

func (w *zkBells) broke(p *zkPipe) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pipe != p {
		return
	}
	w.pipe = nil
	for _, bells := range w.waiting {
		for _, b := range bells {
			close(b.rung)
		}
	}
	clear(w.waiting)
}

// keepsWatches reports whether a server is too old to take watches back. One
// whose version is not known is tried.
func (s *Zookeeper) keepsWatches(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	info, err := s.serverInfo(ctx, address)
	return err == nil && zkBefore(info.version, 5)
}
