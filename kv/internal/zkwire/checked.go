package zkwire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/go-zookeeper/zk"
)

// nonsense is the error number that stands for an answer that does not fit. No server sends it,
// and the client library has a variable for it.
const nonsense int32 = -117

// Unfit returns ErrBadAnswer for the error by which the client library reports an answer that
// CheckedConn refused, and any other error as it is.
func Unfit(err error) error {
	if errors.Is(err, zk.ErrNothing) {
		return ErrBadAnswer
	}
	return err
}

// CheckedConn is a connection of the client library whose packets are checked before the library
// sees them.
//
// The library believes the numbers in an answer: it makes room for as many elements as one
// claims, and panics in a goroutine of its own where a field is missing. An answer whose fields
// do not fit is replaced by an error of the request, and one that is no packet at all ends the
// connection.
type CheckedConn struct {
	net.Conn

	mu     sync.Mutex
	asked  map[int32]int32 // operations under way, by the number of the request
	opened bool            // the session was asked for
	had    bool            // and answered

	frame   []byte // the part of a packet that the library has not taken yet
	refused func()
}

// NewCheckedConn checks the packets that come over conn. It calls refused when it ends the
// connection because of one.
func NewCheckedConn(conn net.Conn, refused func()) *CheckedConn {
	return &CheckedConn{Conn: conn, asked: map[int32]int32{}, refused: refused}
}

// Write notes what is asked. The library writes one packet at a time.
func (c *CheckedConn) Write(b []byte) (int, error) {
	r := reader{rest: b}
	r.int() // the length
	xid, op := r.int(), r.int()
	c.mu.Lock()
	if c.opened && !r.short && xid > 0 {
		c.asked[xid] = op
	}
	c.opened = true
	c.mu.Unlock()
	return c.Conn.Write(b)
}

// Read returns bytes of packets that the library can decode. It is for one goroutine at a time.
func (c *CheckedConn) Read(b []byte) (int, error) {
	if len(c.frame) == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n := copy(b, c.frame)
	if c.frame = c.frame[n:]; len(c.frame) == 0 {
		c.frame = nil
	}
	return n, nil
}

// next reads a packet. A large one gets no memory before it has come.
func (c *CheckedConn) next() error {
	var head [4]byte
	if _, err := io.ReadFull(c.Conn, head[:]); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(head[:])
	most := uint32(AnswerMax)
	if !c.had {
		most = readBuffer
	}
	if size > most {
		return c.refuse(fmt.Errorf("%w: a packet of %d bytes", ErrBadAnswer, size))
	}
	frame := head[:]
	if size <= frameMax {
		frame = append(make([]byte, 0, 4+int(size)), frame...)
	}
	frame, err := appendFrom(frame, c.Conn, int(size))
	if err != nil {
		return err
	}
	if frame, err = c.checked(frame); err != nil {
		return c.refuse(err)
	}
	c.frame = frame
	return nil
}

func (c *CheckedConn) refuse(err error) error {
	c.refused()
	return err
}

// checked returns the packet if the library can decode it, and else the error packet that
// replaces it.
func (c *CheckedConn) checked(frame []byte) ([]byte, error) {
	r := reader{rest: frame[4:]}
	if !c.had {
		c.had = true
		version, granted, session := r.int(), r.int(), r.long()
		r.skip()
		if r.short || version != 0 || session != 0 && granted <= 0 {
			return nil, ErrBadAnswer
		}
		return frame, nil
	}
	xid, zxid, code := r.int(), r.long(), r.int()
	if r.short {
		return nil, ErrBadAnswer
	}
	if xid == xidEvent {
		r.int()
		r.int()
		r.skip()
		return frame, r.checked()
	}
	if xid <= 0 || code != 0 {
		c.forget(xid)
		return frame, nil
	}
	r.skipAnswer(c.forget(xid))
	if r.short {
		return errorFrame(xid, zxid), nil
	}
	return frame, nil
}

// forget returns the operation of a request that has its answer now, or 0 if it is not known.
func (c *CheckedConn) forget(xid int32) int32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	op := c.asked[xid]
	delete(c.asked, xid)
	return op
}

// errorFrame returns the answer that a request failed because its answer does not fit.
func errorFrame(xid int32, zxid int64) []byte {
	var p writer
	p.int(16)
	p.int(xid)
	p.long(zxid)
	p.int(nonsense)
	return p
}

// skipAnswer skips what the library decodes as the answer to an operation.
func (r *reader) skipAnswer(op int32) {
	switch op {
	case opExists, opSetData:
		r.take(statSize)
	case opGetData:
		if n := r.int(); n >= 0 { // else null
			r.take(int(n))
		}
		r.take(statSize)
	case opCreate, opSync:
		r.skip()
	case opGetACL:
		r.each(func() { r.int(); r.skip(); r.skip() })
		r.take(statSize)
	case opGetChildren2:
		r.each(r.skip)
		r.take(statSize)
	case opMulti:
		r.skipMulti()
	}
}

// skipMulti skips the answers to the operations of a transaction.
func (r *reader) skipMulti() {
	for !r.short {
		op := r.int()
		done := r.take(1)
		r.int()
		if r.short || done[0] != 0 {
			return
		}
		switch op {
		case opError:
			r.int()
		case opCreate:
			r.skip()
		case opSetData:
			r.take(statSize)
		}
	}
}
