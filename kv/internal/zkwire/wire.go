package zkwire

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

// SessionTimeout is the session timeout to ask for where nothing depends on the session. The
// client library gives up a connection that is silent for two thirds of it.
const SessionTimeout = 10 * time.Second

// Wire is a connection with a session of its own, and at most one request under way.
type Wire struct {
	// Address is the address of the server.
	Address string
	// Granted is the session timeout that the server granted.
	Granted time.Duration

	conn   net.Conn
	in     *bufio.Reader
	before func() // called before each read from conn; nil for nothing

	mu sync.Mutex // one writer at a time
}

// Open connects to one server, asks for a session that outlives silence for timeout, and logs
// in.
func (d *Dialer) Open(ctx context.Context, address string, timeout time.Duration) (*Wire, error) {
	conn, err := d.Dial(ctx, address)
	if err != nil {
		return nil, err
	}
	w := &Wire{Address: address, conn: conn}
	w.in = bufio.NewReaderSize(w, readBuffer)
	defer w.EndWith(ctx)()
	if err = w.handshake(timeout); err == nil && d.Login != nil {
		err = w.authenticate(d.Login)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return w, nil
}

// EndWith makes what is read and written fail once ctx has ended, until stop is called.
func (w *Wire) EndWith(ctx context.Context) (stop func() bool) { return endWith(ctx, w.conn) }

func endWith(ctx context.Context, conn net.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
}

// Read implements io.Reader for the buffer that everything is read through.
func (w *Wire) Read(b []byte) (int, error) {
	if w.before != nil {
		w.before()
	}
	return w.conn.Read(b)
}

// handshake sends a ConnectRequest and reads its answer.
func (w *Wire) handshake(timeout time.Duration) error {
	var p writer
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
		return ErrNotZooKeeper
	case session == 0:
		return errNoSession
	}
	w.Granted = time.Duration(granted) * time.Millisecond
	return nil
}

// authenticate sends user and password as the digest scheme expects them.
func (w *Wire) authenticate(login []byte) error {
	var p writer
	p.int(xidAuth)
	p.int(opAuth)
	p.int(0)
	p.string("digest")
	p.buffer(login)
	if err := w.send(p); err != nil {
		return err
	}
	_, err := w.expect(xidAuth)
	return err
}

// addWatch sets a persistent recursive watch. It returns ErrNoRecursiveWatches if the server says
// that it is too old; some only drop the connection.
func (w *Wire) addWatch(path string) error {
	var p writer
	p.int(xidFirst)
	p.int(opAddWatch)
	p.string(path)
	p.int(modeRecursive)
	if err := w.send(p); err != nil {
		return err
	}
	_, err := w.expect(xidFirst)
	if errors.Is(err, CodeUnimplemented) {
		return ErrNoRecursiveWatches
	}
	return err
}

// last returns the last transaction that the server knows, once it has caught up with its
// leader.
func (w *Wire) last() (zxid int64, err error) {
	for _, op := range []int32{opSync, opExists} {
		var p writer
		p.int(xidFirst)
		p.int(op)
		p.string("/")
		if op == opExists {
			p.bool(false) // no watch
		}
		if err := w.send(p); err != nil {
			return 0, err
		}
		if zxid, err = w.expect(xidFirst); err != nil {
			return 0, err
		}
	}
	return zxid, nil
}

// expect reads the answer to xid, and returns the last transaction that the server had carried
// out by then. No event can come before the answer: the only watch of the session is the one
// that it may be about.
func (w *Wire) expect(xid int32) (zxid int64, err error) {
	answer, err := w.receive()
	if err != nil {
		return 0, err
	}
	got, zxid, code := answer.int(), answer.long(), answer.int()
	if answer.short || got != xid {
		return 0, ErrBadAnswer
	}
	if code != 0 {
		return zxid, Code(code)
	}
	return zxid, nil
}

// ping keeps the session alive.
func (w *Wire) ping() error {
	var p writer
	p.int(xidPing)
	p.int(opPing)
	return w.send(p)
}

// Close ends the session at the server and closes the connection.
func (w *Wire) Close() {
	var p writer
	p.int(xidFirst + 1)
	p.int(opClose)
	w.conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	_ = w.send(p) // if this is lost, the session ends by its timeout
	w.conn.Close()
}

// unfit returns the error of an answer that does not fit. Before there is a session, it shows a
// server of another kind.
func (w *Wire) unfit() error {
	if w.Granted == 0 {
		return ErrNotZooKeeper
	}
	return ErrBadAnswer
}

func (w *Wire) send(p writer) error {
	return w.write(append(binary.BigEndian.AppendUint32(nil, uint32(len(p))), p...))
}

// write sends whole packets, with their lengths.
func (w *Wire) write(packets []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.conn.Write(packets)
	return err
}

func (w *Wire) receive() (*reader, error) {
	body, err := w.frame(nil, frameMax)
	if err != nil {
		return nil, err
	}
	return &reader{rest: body}, nil
}

// frame reads a packet, into buffer if it fits. A packet that claims more than most bytes is
// refused, and a large one gets no memory before it has come.
func (w *Wire) frame(buffer []byte, most uint32) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(w.in, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	switch {
	case size > most:
		return nil, fmt.Errorf("%w: a packet of %d bytes", w.unfit(), size)
	case size > frameMax: // rare, and not worth keeping
		return appendFrom(nil, w.in, int(size))
	case uint32(cap(buffer)) < size:
		buffer = make([]byte, size)
	}
	buffer = buffer[:size]
	_, err := io.ReadFull(w.in, buffer)
	return buffer, err
}

// appendFrom appends size bytes of r, and makes room as they come.
func appendFrom(b []byte, r io.Reader, size int) ([]byte, error) {
	for size > 0 {
		lot := min(size, frameMax)
		at := len(b)
		b = append(b, make([]byte, lot)...)
		if _, err := io.ReadFull(r, b[at:]); err != nil {
			return nil, err
		}
		size -= lot
	}
	return b, nil
}
