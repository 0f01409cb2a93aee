package kv

import (
	"context"
	"encoding/binary"
	"net"
	"slices"
	"time"
)

// A server closes the connection of a client that has seen transactions which
// it does not know, without a word: the client is to find one that is not
// behind. Where all the servers lost them, as their data were wiped or older
// ones were put back, the client would be refused until they have had as many
// transactions again, though nothing is left to be behind of. So a server that
// refuses is asked over a connection that has seen nothing, and where the
// history is really lost the client is made to begin anew: its session is not
// known there either, and so ends as any other does.

// zkHeardConn is a connection of the client, which tells its session when
// something was last read.
type zkHeardConn struct {
	net.Conn
	session *zkSession
	silent  *time.Timer           // closes the connection unless something is read
	lost    func(zxid int64) bool // whether the servers lost a transaction
	begun   bool                  // something was written: the handshake
	heard   bool                  // something was read
}

func (c *zkHeardConn) Close() error {
	c.silent.Stop()
	return c.Conn.Close()
}

func (c *zkHeardConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.silent.Stop()
		c.session.heard.Store(time.Now().UnixNano())
		c.heard = true
	}
	if c.heard || err != nil {
		c.session.refused.Store(!c.heard)
	}
	return n, err
}

// zkSeenAt is where the last transaction seen stands in the packet that asks
// for a session: behind its length and the protocol's version.
const zkSeenAt = 4 + 4

func (c *zkHeardConn) Write(b []byte) (int, error) {
	if c.begun {
		return c.Conn.Write(b)
	}
	c.begun = true
	if c.session.refused.Load() && len(b) >= zkSeenAt+8 {
		seen := b[zkSeenAt : zkSeenAt+8]
		if zxid := int64(binary.BigEndian.Uint64(seen)); zxid > 0 && c.lost(zxid) {
			b = slices.Clone(b)
			clear(b[zkSeenAt : zkSeenAt+8])
		}
	}
	return c.Conn.Write(b)
}

// lostHistory reports whether a server does not know a transaction that others
// have seen, nor do those that it follows: it must catch up with them first.
func (s *Zookeeper) lostHistory(address string, zxid int64) bool {
	ctx, cancel := context.WithTimeout(s.ctx, s.share()/2)
	defer cancel()
	w, err := s.openWire(ctx, address, zkSessionTimeout)
	if err != nil {
		return false
	}
	defer w.close()
	stop := context.AfterFunc(ctx, func() { w.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	last, err := w.last()
	return err == nil && last < zxid
}

// last is the last transaction that the server knows, once it has caught up
// with its leader.
func (w *zkWire) last() (zxid int64, err error) {
	for _, op := range []int32{zkOpSync, zkOpExists} {
		var p juteWriter
		p.int(zkXidFirst)
		p.int(op)
		p.string("/")
		if op == zkOpExists {
			p.bool(false) // no watch
		}
		if err := w.send(p); err != nil {
			return 0, err
		}
		if zxid, err = w.expectAt(zkXidFirst); err != nil {
			return 0, err
		}
	}
	return zxid, nil
}
