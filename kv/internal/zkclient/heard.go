package zkclient

import (
	"encoding/binary"
	"net"
	"slices"
	"time"
)

// heardConn is a connection of the library. It notes for its session when something was last
// read, and makes the library begin anew where servers lost their history.
//
// A server closes, without a word, the connection of a client that has seen transactions which
// the server does not know: the client is expected to find a server that is not behind. But if
// all the servers lost them, since their data were wiped or older data were restored, the client
// would be refused until they have had as many transactions again. So a server that refuses is
// asked over a connection that has seen nothing, and if the history is really lost, the client
// is made to begin anew. Its session is not known there either, and ends as any other does.
type heardConn struct {
	net.Conn
	session *Session
	silent  *time.Timer           // closes the connection unless something is read
	lost    func(zxid int64) bool // reports whether the servers lost a transaction
	begun   bool                  // something was written: the handshake
	heard   bool                  // something was read
}

func (c *heardConn) Close() error {
	c.silent.Stop()
	return c.Conn.Close()
}

func (c *heardConn) Read(b []byte) (int, error) {
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

// seenAt is where the last transaction seen stands in the request for a session: behind its
// length and the version of the protocol.
const seenAt = 4 + 4

// Write reports no errors. It closes the connection instead, so that reading ends, and with it the
// connection and what was asked over it. The library answers a request that it could not write at
// once, and again when the connection has ended; it has no room for that where the session was
// closed meanwhile or the login is sent again, and would wait forever.
func (c *heardConn) Write(b []byte) (int, error) {
	if _, err := c.Conn.Write(c.handshake(b)); err != nil {
		_ = c.Close()
	}
	return len(b), nil
}

// handshake returns what is written, without the last transaction seen where the servers lost it.
func (c *heardConn) handshake(b []byte) []byte {
	if c.begun {
		return b
	}
	c.begun = true
	if !c.session.refused.Load() || len(b) < seenAt+8 {
		return b
	}
	if zxid := int64(binary.BigEndian.Uint64(b[seenAt : seenAt+8])); zxid <= 0 || !c.lost(zxid) {
		return b
	}
	b = slices.Clone(b)
	clear(b[seenAt : seenAt+8])
	return b
}
