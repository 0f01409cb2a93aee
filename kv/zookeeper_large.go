package kv

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/go-zookeeper/zk"
)

// zkLargest bounds a value together with its key: what could be read again. The
// server's own limit (jute.maxbuffer) may be anything, and cannot be asked for.
const zkLargest = zkAnswerMax - 64<<10

// zkSendRoom is how large a request can be where nothing large is meant.
const zkSendRoom = 1536 << 10

// A server drops the connection of a packet that is larger than it takes, with
// all that is under way on it. So what is larger than every server takes that
// was left as it is, is written over a connection of its own.

// zkIsLarge reports whether a value with its key may be too large for a server.
func zkIsLarge(path string, value []byte) bool { return len(path)+len(value) > zkValueMax }

// zkWriter is a session to write one node over.
type zkWriter struct {
	*zkSession
	store   *Zookeeper
	path    string
	size    int
	alone   bool     // nothing else uses it
	address string   // of its server, where the session is alone
	was     *zk.Stat // of the node before, where the session is alone; nil when it was not there
}

// writer is the session to write a node over, which release gives back. z is
// the one for what is not large.
func (s *Zookeeper) writer(ctx context.Context, z *zkSession, path string, value []byte) (*zkWriter, error) {
	w := &zkWriter{zkSession: z, store: s, path: path, size: len(path) + len(value)}
	if !zkIsLarge(path, value) {
		return w, nil
	}
	var err error
	switch w.was, err = s.stat(ctx, path); {
	case errors.Is(err, zk.ErrNoNode):
		w.was = nil
	case err != nil:
		return nil, err
	}
	w.alone = true
	w.zkSession, err = s.connect(ctx, zkSessionTimeout, w.size+64<<10)
	if err != nil {
		return nil, err
	}
	w.address = w.conn.Server()
	return w, nil
}

func (w *zkWriter) release() {
	if w.alone {
		w.close()
	}
}

// outcome is err, or that the value is too large: a connection that ended
// without an answer, and the node is as it was. The same server is asked, which
// keeps the order of what it has taken.
func (w *zkWriter) outcome(ctx context.Context, err error) error {
	var broken *net.OpError // amid the sending
	if !w.alone || !errors.Is(err, zk.ErrConnectionClosed) && !errors.As(err, &broken) {
		return err
	}
	p, errOpen := w.store.openPipeTo(ctx, w.address, func(zkEvent) {}, w.store.timeout)
	if errOpen != nil {
		return err
	}
	defer p.close()
	nodes, errRead := zkReadMany(ctx, 1, func(_ int, got func(zkNode, error)) { p.readStat(w.path, false, got) })
	if errRead != nil || !zkSame(w.was, nodes[0].stat) {
		return err
	}
	return &Error{Kind: ErrTooLarge, Err: fmt.Errorf("the server dropped the connection at %d bytes with the key, and took nothing of it; "+
		"what it takes is its jute.maxbuffer, 1 MB unless raised: %w", w.size, err)}
}

// zkSame reports whether two stats are of one state of a node.
func zkSame(a, b *zk.Stat) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Czxid == b.Czxid && a.Mzxid == b.Mzxid
}
