package kv

import (
	"bytes"
	"context"
	"errors"
	"sync"

	"github.com/go-zookeeper/zk"
)

// read reads a node, with its data if wanted, and the names below it. A node
// that is not there has no stat; one that may not be read has no more than
// that.
func (p *zkPipe) read(path string, data bool, got func(zkNode, error)) {
	if !data {
		p.readNames(zkNode{path: path}, false, got)
		return
	}
	p.readAgain(path, true, false, func(n zkNode, err error) {
		if err != nil || n.denied || n.stat == nil || n.stat.NumChildren == 0 {
			got(n, err)
			return
		}
		p.readNames(n, false, got)
	})
}

// readNames adds the names below a node, and its stat, unless that was read
// before: stat and data must belong together. It can set a watch on the names.
func (p *zkPipe) readNames(n zkNode, watch bool, got func(zkNode, error)) {
	p.ask(zkOpGetChildren2, zkWatchable(n.path, watch), func(a zkAnswer) {
		if a.err != nil {
			p.unread(n, a.err, got)
			return
		}
		n.children = a.body.names()
		if stat := a.body.stat(); n.stat == nil {
			n.stat = stat
		}
		got(n, a.body.checked())
	})
}

// readStat reads what is known of a node; it needs no rights. It can set a
// watch on the node, there or not.
func (p *zkPipe) readStat(path string, watch bool, got func(zkNode, error)) {
	p.ask(zkOpExists, zkWatchable(path, watch), func(a zkAnswer) {
		n := zkNode{path: path}
		switch {
		case errors.Is(a.err, zk.ErrNoNode):
			got(n, nil)
		case a.err != nil:
			got(n, a.err)
		default:
			n.stat = a.body.stat()
			got(n, a.body.checked())
		}
	})
}

// readAgain reads a node whose names below it do not matter, its data only if
// wanted. It can set a watch on the node, there or not.
func (p *zkPipe) readAgain(path string, data, watch bool, got func(zkNode, error)) {
	if !data {
		p.readStat(path, watch, got)
		return
	}
	p.ask(zkOpGetData, zkWatchable(path, watch), func(a zkAnswer) {
		n := zkNode{path: path}
		switch {
		case watch && errors.Is(a.err, zk.ErrNoNode):
			p.readStat(path, true, func(n zkNode, err error) {
				if err == nil && n.stat != nil { // it was created in between
					p.readAgain(path, true, true, got)
					return
				}
				got(n, err)
			})
		case watch && errors.Is(a.err, zk.ErrNoAuth):
			p.readDenied(path, true, got)
		case a.err != nil:
			p.unread(n, a.err, got)
		default:
			n.data = bytes.Clone(a.body.buffer())
			n.stat = a.body.stat()
			got(n, a.body.checked())
		}
	})
}

// unread ends the reading of a node that failed.
func (p *zkPipe) unread(n zkNode, err error, got func(zkNode, error)) {
	switch {
	case errors.Is(err, zk.ErrNoNode):
		got(zkNode{path: n.path}, nil)
	case errors.Is(err, zk.ErrNoAuth):
		p.readDenied(n.path, false, got)
	default:
		got(n, err)
	}
}

// readDenied reads what is left to know of a node that may not be read.
func (p *zkPipe) readDenied(path string, watch bool, got func(zkNode, error)) {
	p.readStat(path, watch, func(n zkNode, err error) {
		n.denied = true
		got(n, err)
	})
}

// removeWatch takes a watch back. It is no error if it has fired meanwhile.
func (p *zkPipe) removeWatch(w zkWatch, done func(error)) {
	kind := int32(zkWatcherData)
	if w.below {
		kind = zkWatcherNames
	}
	var fields juteWriter
	fields.string(w.node)
	fields.int(kind)
	p.ask(zkOpRemoveWatch, fields, func(a zkAnswer) {
		if errors.Is(a.err, zkNoWatcher) {
			a.err = nil
		}
		done(a.err)
	})
}

// zkWatchable are the fields of a request that can set a watch.
func zkWatchable(path string, watch bool) juteWriter {
	fields := make(juteWriter, 0, len(path)+5)
	fields.string(path)
	fields.bool(watch)
	return fields
}

// zkReads gathers nodes that were read until somebody takes them.
type zkReads struct {
	wake chan struct{}

	mu    sync.Mutex
	nodes []zkNode
	err   error
}

func newZkReads() *zkReads { return &zkReads{wake: make(chan struct{}, 1)} }

func (r *zkReads) add(n zkNode, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.nodes = append(r.nodes, n)
	} else if r.err == nil {
		r.err = err
	}
	signal(r.wake)
}

// take waits for nodes. The error is the first of those that were not read, or
// ctx's.
func (r *zkReads) take(ctx context.Context) ([]zkNode, error) {
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

// zkReadMany makes count readings, many at a time. The nodes are in their order
// where all are read over one connection and each in one request.
func zkReadMany(ctx context.Context, count int, read func(i int, got func(zkNode, error))) ([]zkNode, error) {
	found := newZkReads()
	nodes := make([]zkNode, 0, count)
	for next := 0; len(nodes) < count; {
		for ; next < count && next-len(nodes) < zkWidth; next++ {
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
