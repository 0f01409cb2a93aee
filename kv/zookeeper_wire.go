package kv

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// The Go client knows no persistent recursive watches (ZooKeeper 3.6,
// ZOOKEEPER-1416), nor does it tell which session timeout was granted. This
// file speaks just enough of the protocol for both: packets of a length and
// big-endian fields ("jute"), as in zookeeper.jute of the server's source.

const (
	zkOpPing     = 11
	zkOpAuth     = 100
	zkOpAddWatch = 106
	zkOpClose    = -11

	zkXidEvent = -1
	zkXidPing  = -2
	zkXidAuth  = -4
	zkXidFirst = 1

	zkModeRecursive = 1

	// zkFrameMax bounds a packet from the server: those that come here are
	// small, and a server of another kind may send anything for a length.
	zkFrameMax = 4 << 20
)

// Types of events, as the server numbers them: those that are told apart here.
const (
	zkCreated = 1
	zkChanged = 3
)

var (
	errNotZookeeper = errors.New("the answer is not ZooKeeper's")
	errZkNoSession  = errors.New("the server gave no session")
	errZkUnknownOp  = errors.New("the server does not know recursive watches")
)

// zkCode is an error number of the server.
type zkCode int32

func (c zkCode) Error() string { return fmt.Sprintf("server error %d", int32(c)) }

const (
	zkUnimplemented zkCode = -6
	zkNoAuth        zkCode = -102
	zkAuthFailed    zkCode = -115
)

// zkEvent is one change of one node.
type zkEvent struct {
	kind int32
	path string
}

// zkWire is a connection with a session of its own.
type zkWire struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
	granted time.Duration // the session timeout that the server granted

	mu sync.Mutex // one writer at a time
}

// openWire connects to one server, asks for a session that outlives silence
// for timeout, and logs in.
func (s *Zookeeper) openWire(ctx context.Context, address string, timeout time.Duration) (*zkWire, error) {
	conn, err := s.dial(ctx, address)
	if err != nil {
		return nil, err
	}
	w := &zkWire{address: address, conn: conn, in: bufio.NewReader(conn)}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err = w.handshake(timeout); err == nil && s.login != nil {
		err = w.authenticate(s.login)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return w, nil
}

// handshake sends a ConnectRequest and reads its answer.
func (w *zkWire) handshake(timeout time.Duration) error {
	var p juteWriter
	p.int(0)                             // protocol version
	p.long(0)                            // last zxid seen
	p.int(int32(timeout.Milliseconds())) // session timeout
	p.long(0)                            // no session yet
	p.buffer(make([]byte, 16))           // nor its password
	p.bool(false)                        // a read-only server will not do
	if err := w.send(p); err != nil {
		return err
	}
	answer, err := w.receive()
	if err != nil {
		return err
	}
	version, granted, session := answer.int(), answer.int(), answer.long()
	answer.buffer()
	switch {
	case answer.short || version != 0:
		return errNotZookeeper
	case session == 0:
		return errZkNoSession
	}
	w.granted = time.Duration(granted) * time.Millisecond
	return nil
}

// authenticate sends user and password as the digest scheme takes them.
func (w *zkWire) authenticate(login []byte) error {
	var p juteWriter
	p.int(zkXidAuth)
	p.int(zkOpAuth)
	p.int(0)
	p.string("digest")
	p.buffer(login)
	if err := w.send(p); err != nil {
		return err
	}
	return w.expect(zkXidAuth)
}

// addWatch sets a persistent recursive watch on path. errZkUnknownOp where the
// server says that it is too old; some only drop the connection.
func (w *zkWire) addWatch(path string) error {
	var p juteWriter
	p.int(zkXidFirst)
	p.int(zkOpAddWatch)
	p.string(path)
	p.int(zkModeRecursive)
	if err := w.send(p); err != nil {
		return err
	}
	err := w.expect(zkXidFirst)
	if errors.Is(err, zkUnimplemented) {
		return errZkUnknownOp
	}
	return err
}

// expect reads the answer to xid. Events cannot come before it: the watch is
// the only one of this session.
func (w *zkWire) expect(xid int32) error {
	answer, err := w.receive()
	if err != nil {
		return err
	}
	got, _, code := answer.int(), answer.long(), answer.int()
	if answer.short || got != xid {
		return errNotZookeeper
	}
	if code != 0 {
		return zkCode(code)
	}
	return nil
}

// ping shows the server that this end lives.
func (w *zkWire) ping() error {
	var p juteWriter
	p.int(zkXidPing)
	p.int(zkOpPing)
	return w.send(p)
}

// next waits for an event, not longer than the server may be silent: it
// answers a ping every third of that time.
func (w *zkWire) next() (zkEvent, error) {
	for {
		w.conn.SetReadDeadline(time.Now().Add(w.granted))
		answer, err := w.receive()
		if err != nil {
			return zkEvent{}, err
		}
		xid, _, code := answer.int(), answer.long(), answer.int()
		if code != 0 {
			return zkEvent{}, zkCode(code)
		}
		if xid != zkXidEvent {
			continue
		}
		kind, _, path := answer.int(), answer.int(), answer.string()
		if answer.short {
			return zkEvent{}, errNotZookeeper
		}
		return zkEvent{kind, path}, nil
	}
}

// keepAlive pings until ctx ends or the connection breaks.
func (w *zkWire) keepAlive(ctx context.Context) error {
	ticker := time.NewTicker(max(w.granted/3, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := w.ping(); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// close ends the session at the server and the connection.
func (w *zkWire) close() {
	var p juteWriter
	p.int(zkXidFirst + 1)
	p.int(zkOpClose)
	w.conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	_ = w.send(p) // the server ends the session by itself if this is lost
	w.conn.Close()
}

func (w *zkWire) send(p juteWriter) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(p))), p...))
	return err
}

func (w *zkWire) receive() (*juteReader, error) {
	var head [4]byte
	if _, err := io.ReadFull(w.in, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > zkFrameMax {
		return nil, errNotZookeeper
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(w.in, body); err != nil {
		return nil, err
	}
	return &juteReader{rest: body}, nil
}
