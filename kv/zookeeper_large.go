package kv

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkclient"
	"kvist/kv/internal/zkwire"
)

// A server drops the connection at a packet that is larger than it takes, with all that is under
// way on it. So a value that is larger than every server takes is written over a connection of
// its own.

// zkWriter is a session to write one znode over.
type zkWriter struct {
	*zkclient.Session
	store   *Zookeeper
	path    string
	size    int
	alone   bool     // nothing else uses the session
	address string   // of its server, if alone
	was     *zk.Stat // of the znode before, if alone; nil if there was none
}

// writer returns the session to write a znode over: z, unless the value is large. The caller
// calls release when it is done.
func (s *Zookeeper) writer(ctx context.Context, z *zkclient.Session, path string, value []byte) (*zkWriter, error) {
	w := &zkWriter{Session: z, store: s, path: path, size: len(path) + len(value)}
	if w.size <= zkValueMax {
		return w, nil
	}
	var err error
	switch w.was, err = s.main.Stat(ctx, path); {
	case errors.Is(err, zk.ErrNoNode):
		w.was = nil
	case err != nil:
		return nil, err
	}
	w.alone = true
	w.Session, err = s.connect(ctx, zkwire.SessionTimeout, w.size+64<<10)
	if err != nil {
		return nil, err
	}
	w.address = w.Server()
	return w, nil
}

func (w *zkWriter) release() {
	if w.alone {
		w.Close()
	}
}

// outcome returns err, or that the value is too large: the connection ended without an answer,
// and the znode is as it was. It asks the same server, which keeps the order of what it has
// accepted.
func (w *zkWriter) outcome(ctx context.Context, err error) error {
	var broken *net.OpError // while it was sent
	if !w.alone || !errors.Is(err, zk.ErrConnectionClosed) && !errors.As(err, &broken) {
		return err
	}
	p, errOpen := w.store.dialer.OpenPipeTo(ctx, w.address, nil, w.store.timeout)
	if errOpen != nil {
		return err
	}
	defer p.Close()
	nodes, errRead := p.ReadStats(ctx, []string{w.path})
	if errRead != nil || !zkSame(w.was, nodes[0].Stat) {
		return err
	}
	return withKind(ErrTooLarge, fmt.Errorf("the server dropped the connection at %d bytes with the key, and took nothing of it; "+
		"what it takes is its jute.maxbuffer, 1 MB unless raised: %w", w.size, err))
}

// zkSame reports whether two stats are of one state of a znode.
func zkSame(a, b *zk.Stat) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Czxid == b.Czxid && a.Mzxid == b.Mzxid
}
