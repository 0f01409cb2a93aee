package zkwire

import (
	"bytes"
	"context"
	"errors"
	"sync"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/wait"
)

// The functions named got below are called once, from the goroutine that reads the connection.
// They must not wait.

// read reads a node and the names below it, with its data if data is true. A node that does not
// exist has no stat; one that the login may not read has nothing but the stat.
func (p *Pipe) read(path string, data bool, got func(Node, error)) {
	if !data {
		p.ReadNames(Node{Path: path}, false, got)
		return
	}
	p.Read(path, true, false, func(n Node, err error) {
		if err != nil || n.Denied || n.Stat == nil || n.Stat.NumChildren == 0 {
			got(n, err)
			return
		}
		p.ReadNames(n, false, got)
	})
}

// ReadNames adds the names below a node to it, and its stat, unless it has one: stat and data
// must belong together. If watch is true it sets a watch on the names.
func (p *Pipe) ReadNames(n Node, watch bool, got func(Node, error)) {
	p.ask(opGetChildren2, watchable(n.Path, watch), func(a answer) {
		if a.err != nil {
			p.unread(n, a.err, got)
			return
		}
		n.Children = a.body.names()
		if stat := a.body.stat(); n.Stat == nil {
			n.Stat = stat
		}
		got(n, a.body.checked())
	})
}

// ReadStat reads the stat of a node, which needs no rights. If watch is true it sets a watch on
// the node, whether that exists or not.
func (p *Pipe) ReadStat(path string, watch bool, got func(Node, error)) {
	p.ask(opExists, watchable(path, watch), func(a answer) {
		n := Node{Path: path}
		switch {
		case errors.Is(a.err, zk.ErrNoNode):
			got(n, nil)
		case a.err != nil:
			got(n, a.err)
		default:
			n.Stat = a.body.stat()
			got(n, a.body.checked())
		}
	})
}

// Read reads a node, with its data if data is true. If watch is true it sets a watch on the
// node, whether that exists or not.
func (p *Pipe) Read(path string, data, watch bool, got func(Node, error)) {
	if !data {
		p.ReadStat(path, watch, got)
		return
	}
	p.ask(opGetData, watchable(path, watch), func(a answer) {
		n := Node{Path: path}
		switch {
		case watch && errors.Is(a.err, zk.ErrNoNode):
			p.ReadStat(path, true, func(n Node, err error) {
				if err == nil && n.Stat != nil { // it was created in between
					p.Read(path, true, true, got)
					return
				}
				got(n, err)
			})
		case watch && errors.Is(a.err, zk.ErrNoAuth):
			p.readDenied(path, true, got)
		case a.err != nil:
			p.unread(n, a.err, got)
		default:
			n.Data = bytes.Clone(a.body.buffer())
			n.Stat = a.body.stat()
			got(n, a.body.checked())
		}
	})
}

// ReadWhole reads a node with its data and its ACL.
func (p *Pipe) ReadWhole(path string, got func(Node, error)) {
	p.Read(path, true, false, func(n Node, err error) {
		if err != nil || n.Stat == nil || n.Denied {
			got(n, err)
			return
		}
		var fields writer
		fields.string(path)
		p.ask(opGetACL, fields, func(a answer) {
			switch {
			case errors.Is(a.err, zk.ErrNoNode):
				got(Node{Path: path}, nil)
			case a.err != nil && !errors.Is(a.err, zk.ErrNoAuth):
				got(n, a.err)
			case a.err == nil:
				n.ACL = a.body.acl()
				fallthrough
			default:
				got(n, a.body.checked())
			}
		})
	})
}

// unread ends the reading of a node that failed.
func (p *Pipe) unread(n Node, err error, got func(Node, error)) {
	switch {
	case errors.Is(err, zk.ErrNoNode):
		got(Node{Path: n.Path}, nil)
	case errors.Is(err, zk.ErrNoAuth):
		p.readDenied(n.Path, false, got)
	default:
		got(n, err)
	}
}

// readDenied reads what anyone may know of a node that the login may not read.
func (p *Pipe) readDenied(path string, watch bool, got func(Node, error)) {
	p.ReadStat(path, watch, func(n Node, err error) {
		n.Denied = true
		got(n, err)
	})
}

// RemoveWatch removes a watch from the server: the one on the names below a node if names is
// true, else the one on the node. A watch that has fired meanwhile is no error.
func (p *Pipe) RemoveWatch(node string, names bool, done func(error)) {
	kind := int32(watcherData)
	if names {
		kind = watcherNames
	}
	var fields writer
	fields.string(node)
	fields.int(kind)
	p.ask(opRemoveWatch, fields, func(a answer) {
		if errors.Is(a.err, CodeNoWatcher) {
			a.err = nil
		}
		done(a.err)
	})
}

// results gathers nodes that were read until somebody takes them.
type results struct {
	wake chan struct{}

	mu    sync.Mutex
	nodes []Node
	err   error
}

func newResults() *results { return &results{wake: make(chan struct{}, 1)} }

func (r *results) add(n Node, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.nodes = append(r.nodes, n)
	} else if r.err == nil {
		r.err = err
	}
	wait.Signal(r.wake)
}

// take waits for nodes. Its error is the first of a node that was not read, or that of ctx.
func (r *results) take(ctx context.Context) ([]Node, error) {
	for {
		r.mu.Lock()
		nodes, err := r.nodes, r.err
		r.nodes = nil
		r.mu.Unlock()
		if len(nodes) > 0 || err != nil {
			return nodes, err
		}
		select {
		case <-r.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// ReadMany calls read for each number below count, many at a time, and returns the nodes that
// were got. They are in their order if all are read over one connection and each in one request.
func ReadMany(ctx context.Context, count int, read func(i int, got func(Node, error))) ([]Node, error) {
	found := newResults()
	nodes := make([]Node, 0, count)
	for next := 0; len(nodes) < count; {
		for ; next < count && next-len(nodes) < Width; next++ {
			read(next, found.add)
		}
		some, err := found.take(ctx)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, some...)
	}
	return nodes, nil
}

// ReadStats reads the stats of nodes, in their order.
func (p *Pipe) ReadStats(ctx context.Context, paths []string) ([]Node, error) {
	return ReadMany(ctx, len(paths), func(i int, got func(Node, error)) { p.ReadStat(paths[i], false, got) })
}

// ReadChildren reads nodes with the names below them.
func (p *Pipe) ReadChildren(ctx context.Context, paths ...string) ([]Node, error) {
	return ReadMany(ctx, len(paths), func(i int, got func(Node, error)) { p.ReadNames(Node{Path: paths[i]}, false, got) })
}
