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
	zkOpCreate       = 1
	zkOpExists       = 3
	zkOpGetData      = 4
	zkOpSetData      = 5
	zkOpGetACL       = 6
	zkOpGetChildren  = 8
	zkOpSync         = 9
	zkOpPing         = 11
	zkOpGetChildren2 = 12 // with the stat
	zkOpMulti        = 14
	zkOpRemoveWatch  = 18 // 3.5 and newer
	zkOpAuth         = 100
	zkOpAddWatch     = 106 // 3.6 and newer
	zkOpClose        = -11
	zkOpError        = -1 // in the answer to a transaction

	zkXidEvent = -1
	zkXidPing  = -2
	zkXidAuth  = -4
	zkXidFirst = 1

	zkModeRecursive = 1

	zkWatcherNames = 1 // types of watchers that are removed
	zkWatcherData  = 2

	// zkFrameMax bounds a packet from the server: those that come here are
	// small, and a server of another kind may send anything for a length.
	zkFrameMax = 4 << 20

	// zkStatSize is how many bytes what is known of a node has.
	zkStatSize = 68

	// zkReadBuffer holds the answers to a few hundred small requests.
	zkReadBuffer = 64 << 10
)

// Types of events, as the server numbers them: those that are told apart here.
const (
	zkCreated      = 1
	zkDeleted      = 2
	zkChanged      = 3
	zkNamesChanged = 4
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
	zkUnimplemented  zkCode = -6
	zkNoNode         zkCode = -101
	zkSessionExpired zkCode = -112
	zkNoWatcher      zkCode = -121
	zkNoAuth         zkCode = -102
	zkAuthFailed     zkCode = -115
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
	heard   func()        // called before each read; nil for none

	mu sync.Mutex // one writer at a time
}

// openWire connects to one server, asks for a session that outlives silence
// for timeout, and logs in.
func (s *Zookeeper) openWire(ctx context.Context, address string, timeout time.Duration) (*zkWire, error) {
	conn, err := s.dial(ctx, address)
	if err != nil {
		return nil, err
	}
	w := &zkWire{address: address, conn: conn}
	w.in = bufio.NewReaderSize(w, zkReadBuffer)
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

// Read implements io.Reader for the buffer that all is read through.
func (w *zkWire) Read(b []byte) (int, error) {
	if w.heard != nil {
		w.heard()
	}
	return w.conn.Read(b)
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
	case answer.short || version != 0 || session != 0 && granted <= 0:
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

// expect reads the answer to xid.
func (w *zkWire) expect(xid int32) error {
	_, err := w.expectAt(xid)
	return err
}

// expectAt reads the answer to xid, and tells the last transaction that the
// server had carried out by then. Events cannot come before the answer: the
// watch is the only one of this session.
func (w *zkWire) expectAt(xid int32) (zxid int64, err error) {
	answer, err := w.receive()
	if err != nil {
		return 0, err
	}
	got, zxid, code := answer.int(), answer.long(), answer.int()
	if answer.short || got != xid {
		return 0, errZkBadAnswer
	}
	if code != 0 {
		return zxid, zkCode(code)
	}
	return zxid, nil
}

// ping shows the server that this end lives.
func (w *zkWire) ping() error {
	var p juteWriter
	p.int(zkXidPing)
	p.int(zkOpPing)
	return w.send(p)
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

// odd is what an answer is that does not fit: before there is a session, that
// the server is of another kind.
func (w *zkWire) odd() error {
	if w.granted == 0 {
		return errNotZookeeper
	}
	return errZkBadAnswer
}

func (w *zkWire) send(p juteWriter) error {
	return w.write(append(binary.BigEndian.AppendUint32(nil, uint32(len(p))), p...))
}

// write sends whole packets, their lengths included.
func (w *zkWire) write(packets []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.conn.Write(packets)
	return err
}

func (w *zkWire) receive() (*juteReader, error) {
	body, err := w.frame(nil, zkFrameMax)
	if err != nil {
		return nil, err
	}
	return &juteReader{rest: body}, nil
}

// frame reads a packet, into buffer if it has room. One that says to be larger
// than most is not given room for before it has come.
func (w *zkWire) frame(buffer []byte, most uint32) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(w.in, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	switch {
	case size > most:
		return nil, fmt.Errorf("%w: a packet of %d bytes", w.odd(), size)
	case size > zkFrameMax: // rare, and not worth keeping
		return appendFrom(nil, w.in, int(size))
	case uint32(cap(buffer)) < size:
		buffer = make([]byte, size)
	}
	buffer = buffer[:size]
	_, err := io.ReadFull(w.in, buffer)
	return buffer, err
}
