package kv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/go-zookeeper/zk"
)

// The client library believes the numbers in an answer: it makes room for as
// many elements as one says there are, and panics in a goroutine of its own
// where a field is missing. So the packets of each of its connections go
// through here first. One whose fields do not fit is given to it as an error
// of the request, and one that is no packet at all ends the connection.

// errZkBadAnswer says that an answer does not follow the protocol.
var errZkBadAnswer = errors.New("the answer does not follow ZooKeeper's protocol")

// zkNonsense is the error number under which the library is given an answer
// that does not fit: no server sends it, and it has a variable for it.
const zkNonsense int32 = -117

// zkUnfit turns the error that stands for an unfit answer into what it was.
func zkUnfit(err error) error {
	if errors.Is(err, zk.ErrNothing) {
		return errZkBadAnswer
	}
	return err
}

// zkFrames is a connection of the library.
type zkFrames struct {
	net.Conn

	mu     sync.Mutex
	asked  map[int32]int32 // operations under way, by the number of the request
	opened bool            // the session was asked for
	had    bool            // and answered

	frame []byte // what the library has not taken yet
	bad   func() // called when the connection ends for what came over it
}

func newZkFrames(conn net.Conn, bad func()) *zkFrames {
	return &zkFrames{Conn: conn, asked: map[int32]int32{}, bad: bad}
}

// Write notes what is asked. The library writes one packet at a time.
func (c *zkFrames) Write(b []byte) (int, error) {
	r := juteReader{rest: b}
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

// Read gives the library whole packets that it can decode. Only it calls it,
// from one goroutine at a time.
func (c *zkFrames) Read(b []byte) (int, error) {
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

// next reads a packet. A long one is not given room for before it has come.
func (c *zkFrames) next() error {
	var head [4]byte
	if _, err := io.ReadFull(c.Conn, head[:]); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(head[:])
	most := uint32(zkAnswerMax)
	if !c.had {
		most = zkReadBuffer
	}
	if size > most {
		return c.refuse(fmt.Errorf("%w: a packet of %d bytes", errZkBadAnswer, size))
	}
	frame := head[:]
	if size <= zkFrameMax {
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

func (c *zkFrames) refuse(err error) error {
	c.bad()
	return err
}

// appendFrom appends size bytes of r, making room as they come.
func appendFrom(b []byte, r io.Reader, size int) ([]byte, error) {
	for size > 0 {
		lot := min(size, zkFrameMax)
		at := len(b)
		b = append(b, make([]byte, lot)...)
		if _, err := io.ReadFull(r, b[at:]); err != nil {
			return nil, err
		}
		size -= lot
	}
	return b, nil
}

// checked is the packet if the library can decode it, or the error to give it
// in its place.
func (c *zkFrames) checked(frame []byte) ([]byte, error) {
	r := juteReader{rest: frame[4:]}
	if !c.had {
		c.had = true
		version, granted, session := r.int(), r.int(), r.long()
		r.strict()
		if r.short || version != 0 || session != 0 && granted <= 0 {
			return nil, errZkBadAnswer
		}
		return frame, nil
	}
	xid, zxid, code := r.int(), r.long(), r.int()
	if r.short {
		return nil, errZkBadAnswer
	}
	if xid == zkXidEvent {
		r.int()
		r.int()
		r.strict()
		return frame, r.whole()
	}
	if xid <= 0 || code != 0 {
		c.forget(xid)
		return frame, nil
	}
	r.expect(c.forget(xid))
	if r.short {
		return zkErrorFrame(xid, zxid), nil
	}
	return frame, nil
}

// forget is the operation of a request, which has its answer now; 0 when it is
// not known.
func (c *zkFrames) forget(xid int32) int32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	op := c.asked[xid]
	delete(c.asked, xid)
	return op
}

// zkErrorFrame is the answer that a request failed as one whose answer does
// not fit.
func zkErrorFrame(xid int32, zxid int64) []byte {
	var p juteWriter
	p.int(16)
	p.int(xid)
	p.long(zxid)
	p.int(zkNonsense)
	return p
}

// whole is the error of a packet whose fields do not fit.
func (f *juteReader) whole() error {
	if f.short {
		return errZkBadAnswer
	}
	return nil
}

// strict skips bytes that are there, be they none.
func (f *juteReader) strict() {
	n := f.int()
	f.take(int(n))
}

// expect skips what the library decodes as the answer to an operation.
func (f *juteReader) expect(op int32) {
	switch op {
	case zkOpExists, zkOpSetData:
		f.take(zkStatSize)
	case zkOpGetData:
		if n := f.int(); n >= 0 { // else null
			f.take(int(n))
		}
		f.take(zkStatSize)
	case zkOpCreate, zkOpSync:
		f.strict()
	case zkOpGetACL:
		f.each(func() { f.int(); f.strict(); f.strict() })
		f.take(zkStatSize)
	case zkOpGetChildren:
		f.each(f.strict)
	case zkOpMulti:
		f.expectMulti()
	}
}

// each skips a list. Its elements have four bytes at least.
func (f *juteReader) each(element func()) {
	n := int(f.int())
	if n < 0 || n > len(f.rest)/4 {
		f.short = true
	}
	for ; n > 0 && !f.short; n-- {
		element()
	}
}

// expectMulti skips the answers to the operations of a transaction.
func (f *juteReader) expectMulti() {
	for !f.short {
		op := f.int()
		done := f.take(1)
		f.int()
		if f.short || done[0] != 0 {
			return
		}
		switch op {
		case zkOpError:
			f.int()
		case zkOpCreate:
			f.strict()
		case zkOpSetData:
			f.take(zkStatSize)
		}
	}
}
