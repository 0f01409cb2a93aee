package kv

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"
)

// zkSession is one session at the server: a connection of the client, and
// what is known of it. Ephemeral nodes live as long as their session.
type zkSession struct {
	conn    *zk.Conn
	events  <-chan zk.Event // closed when the client has ended
	granted time.Duration   // how long the server waits for us before it ends the session

	heard   atomic.Int64 // when bytes last came from the server, in Unix nanoseconds
	refused atomic.Bool  // the last connection ended before the server said anything
	// nonsense says that the last connection ended for what came over it.
	nonsense atomic.Bool

	mu      sync.Mutex
	net     net.Conn      // the connection in use
	up      bool          // requests can be sent
	changed chan struct{} // closed and replaced whenever up changes
	over    chan struct{} // closed when the session ended, or must be taken to have
	expiry  *time.Timer   // takes the session to be over; running while not up
	closed  bool
}

// connect opens a session that the server keeps for granted after the last
// sign of life, and logs it in. Several endpoints are tried by turns. room is
// how large a request can be, where that is more than usual.
func (s *Zookeeper) connect(ctx context.Context, granted time.Duration, room int) (*zkSession, error) {
	z := &zkSession{granted: granted, changed: make(chan struct{}), over: make(chan struct{})}
	dial := func(_, address string, _ time.Duration) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(s.ctx, s.share())
		defer cancel()
		conn, err := s.dial(ctx, address)
		if err != nil {
			return nil, err
		}
		lost := func(seen int64) bool { return s.lostHistory(address, seen) }
		heard := z.use(&zkHeardConn{Conn: conn, session: z, lost: lost}, s.share())
		return newZkFrames(heard, func() { z.nonsense.Store(true) }), nil
	}
	callback := func(e zk.Event) {
		if e.Type == zk.EventSession {
			z.sessionEvent(e.State)
		}
	}
	var err error
	z.conn, z.events, err = zk.Connect(s.endpoints, granted, zk.WithDialer(dial), zk.WithHostProvider(&zkHosts{}),
		zk.WithEventCallback(callback), zk.WithLogger(zkSilent{}), zk.WithLogInfo(false),
		zk.WithMaxConnBufferSize(max(room, zkSendRoom)))
	if err != nil {
		return nil, err
	}
	if err := z.ready(ctx); err != nil {
		z.close()
		return nil, err
	}
	if s.login == nil {
		return z, nil
	}
	_, err = zkAsk(ctx, z, func(c *zk.Conn) (struct{}, error) { return struct{}{}, c.AddAuth("digest", s.login) })
	if err != nil {
		z.close()
		return nil, err
	}
	return z, nil
}

// close ends the session at the server, so that its ephemeral nodes go at
// once, and waits until the client has ended.
func (z *zkSession) close() {
	z.conn.Close()
	z.mu.Lock()
	z.closed = true
	if z.net != nil {
		z.net.Close() // a server that has stopped answering is not waited for
	}
	if z.expiry != nil {
		z.expiry.Stop()
	}
	z.mu.Unlock()
	for range z.events { // until the client closes it
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.end()
}

// use makes conn the one in use and notes when it is heard from. A server
// that takes the connection and says nothing at all is given up after
// patience: the client would wait for several session timeouts.
func (z *zkSession) use(conn *zkHeardConn, patience time.Duration) net.Conn {
	z.mu.Lock()
	defer z.mu.Unlock()
	conn.silent = time.AfterFunc(patience, func() { conn.Conn.Close() })
	z.net = conn
	if z.closed {
		_ = conn.Close()
	}
	return conn
}

// sessionEvent follows the client's state. It is called by the client's own
// goroutines and must not wait.
func (z *zkSession) sessionEvent(state zk.State) {
	z.mu.Lock()
	defer z.mu.Unlock()
	switch state {
	case zk.StateHasSession:
		z.setUp(true)
		z.nonsense.Store(false)
		if z.expiry != nil {
			z.expiry.Stop()
		}
		if z.isOver() {
			z.over = make(chan struct{})
		}
	case zk.StateExpired:
		z.setUp(false)
		z.end()
	case zk.StateDisconnected:
		if z.up {
			left := time.Until(time.Unix(0, z.heard.Load()).Add(z.granted))
			z.expiry = time.AfterFunc(max(left, 0), z.presumeOver)
		}
		z.setUp(false)
	}
}

// presumeOver takes the session to be over since the server has not been
// heard of for as long as it keeps a session: whether it has really ended
// would be known only after the next connect, too late for a lock.
func (z *zkSession) presumeOver() {
	z.mu.Lock()
	defer z.mu.Unlock()
	if !z.up {
		z.end()
	}
}

func (z *zkSession) end() {
	if !z.isOver() {
		close(z.over)
	}
}

func (z *zkSession) isOver() bool {
	select {
	case <-z.over:
		return true
	default:
		return false
	}
}

func (z *zkSession) setUp(up bool) {
	if z.up != up {
		z.up = up
		close(z.changed)
		z.changed = make(chan struct{})
	}
}

// ended is closed when the session as it is now has ended.
func (z *zkSession) ended() <-chan struct{} {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.over
}

// ready waits until requests can be sent.
func (z *zkSession) ready(ctx context.Context) error {
	for {
		if ctx.Err() != nil && z.nonsense.Load() {
			return errZkBadAnswer
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", errZkNotConnected, context.Cause(ctx))
		}
		z.mu.Lock()
		up, changed := z.up, z.changed
		z.mu.Unlock()
		if up {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}
