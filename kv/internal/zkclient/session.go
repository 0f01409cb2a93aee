package zkclient

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkwire"
)

// sendRoom is how large a request can be, in bytes, unless a larger one is announced.
const sendRoom = 1536 << 10

// Session is one session at the server, over a connection of the client library. Ephemeral nodes
// live as long as their session.
type Session struct {
	conn    *zk.Conn
	events  <-chan zk.Event // closed when the library has ended
	granted time.Duration   // how long the server keeps a silent session

	heard   atomic.Int64 // when bytes last came from the server, in Unix nanoseconds
	refused atomic.Bool  // the last connection ended before the server said anything
	// nonsense reports that the last connection ended because of what came over it.
	nonsense atomic.Bool

	mu      sync.Mutex
	net     net.Conn      // the connection in use
	up      bool          // requests can be sent
	changed chan struct{} // closed and replaced whenever up changes
	over    chan struct{} // closed when the session has ended, or must be taken to have
	expiry  *time.Timer   // takes the session to be over; runs while up is false
	closed  bool
}

// Connect opens a session that the server keeps for granted after the last sign of life, and
// logs it in. Several endpoints are tried by turns. Connections are made until life ends, and the
// first one before ctx does. room is how large a request can be in bytes, if larger than usual.
func Connect(ctx, life context.Context, d *zkwire.Dialer, granted time.Duration, room int) (*Session, error) {
	z := &Session{granted: granted, changed: make(chan struct{}), over: make(chan struct{})}
	dial := func(_, address string, _ time.Duration) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(life, d.Share())
		defer cancel()
		conn, err := d.Dial(ctx, address)
		if err != nil {
			return nil, err
		}
		lost := func(seen int64) bool { return d.LostHistory(life, address, seen) }
		heard := z.use(&heardConn{Conn: conn, session: z, lost: lost}, d.Share())
		return zkwire.NewCheckedConn(heard, func() { z.nonsense.Store(true) }), nil
	}
	callback := func(e zk.Event) {
		if e.Type == zk.EventSession {
			z.follow(e.State)
		}
	}
	var err error
	z.conn, z.events, err = zk.Connect(d.Endpoints, granted, zk.WithDialer(dial), zk.WithHostProvider(&hosts{}),
		zk.WithEventCallback(callback), zk.WithLogger(silent{}), zk.WithLogInfo(false),
		zk.WithMaxConnBufferSize(max(room, sendRoom)))
	if err != nil {
		return nil, err
	}
	if err := z.ready(ctx); err != nil {
		z.Close()
		return nil, err
	}
	if d.Login == nil {
		return z, nil
	}
	_, err = Ask(ctx, z, func(c *zk.Conn) (struct{}, error) { return struct{}{}, c.AddAuth("digest", d.Login) })
	if err != nil {
		z.Close()
		return nil, err
	}
	return z, nil
}

// ID returns the session's number at the server.
func (z *Session) ID() int64 { return z.conn.SessionID() }

// Server returns the address of the server in use.
func (z *Session) Server() string { return z.conn.Server() }

// Close ends the session at the server, so that its ephemeral nodes go at once, and waits until
// the library has ended.
func (z *Session) Close() {
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
	for range z.events { // until the library closes it
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.end()
}

// use makes conn the connection in use, and notes when something comes over it. A server that
// accepts the connection and says nothing at all is given up after patience: the library would
// wait for several session timeouts.
func (z *Session) use(conn *heardConn, patience time.Duration) net.Conn {
	z.mu.Lock()
	defer z.mu.Unlock()
	conn.silent = time.AfterFunc(patience, func() { conn.Conn.Close() })
	z.net = conn
	if z.closed {
		_ = conn.Close()
	}
	return conn
}

// follow follows the library's state. The library's own goroutines call it, so it must not wait.
func (z *Session) follow(state zk.State) {
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

// presumeOver takes the session to be over, since the server has been silent for as long as it
// keeps a session. Whether the session has really ended would be known only after the next
// connect, which is too late for a lock.
func (z *Session) presumeOver() {
	z.mu.Lock()
	defer z.mu.Unlock()
	if !z.up {
		z.end()
	}
}

func (z *Session) end() {
	if !z.isOver() {
		close(z.over)
	}
}

func (z *Session) isOver() bool {
	select {
	case <-z.over:
		return true
	default:
		return false
	}
}

func (z *Session) setUp(up bool) {
	if z.up != up {
		z.up = up
		close(z.changed)
		z.changed = make(chan struct{})
	}
}

// Ended returns a channel that is closed when the session as it is now has ended.
func (z *Session) Ended() <-chan struct{} {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.over
}

// ready waits until requests can be sent.
func (z *Session) ready(ctx context.Context) error {
	for {
		if ctx.Err() != nil && z.nonsense.Load() {
			return zkwire.ErrBadAnswer
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", zkwire.ErrNotConnected, context.Cause(ctx))
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
