package zkfake

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Server is a ZooKeeper in memory.
type Server struct {
	// Addr is where it listens.
	Addr string

	version string
	old     bool // without recursive watches

	mu       sync.Mutex
	nodes    map[string]*node
	zxid     int64
	sessions map[*session]bool
	lastID   int64
	sequence int
	most     int // watches that were set at a time
}

type node struct {
	data    []byte
	created int64
	mzxid   int64
	version int32
	owner   *session // nil unless it is ephemeral
}

// session is a connection of a client, with its watches. It ends with its connection.
type session struct {
	id        int64
	conn      net.Conn
	mu        sync.Mutex // one writer at a time
	data      map[string]bool
	names     map[string]bool
	recursive map[string]bool
}

// Start starts a server of a version, such as "3.8.0", that ends with the test.
func Start(t *testing.T, version string) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		Addr: l.Addr().String(), version: version, old: version < "3.6",
		nodes: map[string]*node{"/": {}, "/zookeeper": {}}, sessions: map[*session]bool{},
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		s.Drop()
		running.Wait()
	})
	return s
}

// Set creates or changes a node, and creates the nodes above it.
func (s *Server) Set(name, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set(name, data, nil)
}

func (s *Server) set(name, data string, owner *session) {
	if parent := path.Dir(name); s.nodes[parent] == nil {
		s.set(parent, "", nil)
	}
	s.zxid++
	if n := s.nodes[name]; n != nil {
		n.data, n.mzxid = []byte(data), s.zxid
		n.version++
		s.fire(name, 3)
		return
	}
	s.nodes[name] = &node{data: []byte(data), created: s.zxid, mzxid: s.zxid, owner: owner}
	s.fire(name, 1)
}

// Delete deletes a node.
func (s *Server) Delete(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delete(name)
}

func (s *Server) delete(name string) {
	s.zxid++
	delete(s.nodes, name)
	s.fire(name, 2)
}

// Drop drops all connections.
func (s *Server) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.sessions {
		c.conn.Close()
	}
}

// Watches returns how many watches are set, and the most that were at a time.
func (s *Server) Watches() (now, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count(), s.most
}

func (s *Server) count() int {
	n := 0
	for c := range s.sessions {
		n += len(c.data) + len(c.names) + len(c.recursive)
	}
	return n
}

// fire sends the events of a change of a node: 1 is its creation, 2 its deletion.
func (s *Server) fire(name string, kind int32) {
	for c := range s.sessions {
		for root := range c.recursive {
			if name == root || root == "/" || strings.HasPrefix(name, root+"/") {
				c.event(name, kind)
			}
		}
		if c.data[name] {
			delete(c.data, name)
			c.event(name, kind)
		}
		if kind == 2 && c.names[name] {
			delete(c.names, name)
			c.event(name, kind)
		}
		if parent := path.Dir(name); kind != 3 && c.names[parent] {
			delete(c.names, parent)
			c.event(parent, 4)
		}
	}
}

func (c *session) event(name string, kind int32) {
	body := binary.BigEndian.AppendUint32(nil, uint32(kind))
	body = binary.BigEndian.AppendUint32(body, 3) // connected
	c.send(packet(-1, 0, 0, appendText(body, name)))
}

func (c *session) send(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.conn.Write(b) // a client that is gone is not waited for
}

// serve answers a client.
func (s *Server) serve(conn net.Conn) {
	defer conn.Close()
	first, err := read(conn)
	if errors.Is(err, errWord) {
		_, _ = io.WriteString(conn, "Zookeeper version: "+s.version+"-1, built on 1\nMode: standalone\n")
		return
	}
	if err != nil || len(first) < 28 {
		return
	}
	c := &session{conn: conn, data: map[string]bool{}, names: map[string]bool{}, recursive: map[string]bool{}}
	s.mu.Lock()
	s.lastID++
	c.id = s.lastID
	s.sessions[c] = true
	s.mu.Unlock()
	defer s.end(c)
	granted := binary.BigEndian.Uint32(first[12:])
	answer := binary.BigEndian.AppendUint32(nil, 0)
	answer = binary.BigEndian.AppendUint32(answer, granted)
	answer = binary.BigEndian.AppendUint64(answer, uint64(c.id))
	answer = appendText(answer, strings.Repeat("p", 16))
	c.send(append(binary.BigEndian.AppendUint32(nil, uint32(len(answer))), answer...))
	for {
		request, err := read(conn)
		if err != nil || len(request) < 8 || !s.answer(c, request) {
			return
		}
	}
}

// end ends a session.
func (s *Server) end(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, c)
	for name, n := range s.nodes {
		if n.owner == c {
			s.delete(name)
		}
	}
}

var errWord = errors.New("a four-letter word")

// read reads a packet without its length.
func read(conn net.Conn) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, err
	}
	if string(head[:]) == "srvr" {
		return nil, errWord
	}
	b := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err := io.ReadFull(conn, b)
	return b, err
}

// answer carries out a request, and reports whether the session goes on.
func (s *Server) answer(c *session, request []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	xid, op := int32(binary.BigEndian.Uint32(request)), int32(binary.BigEndian.Uint32(request[4:]))
	name, rest := cutText(request[8:])
	data, _ := cutText(rest)
	var flag byte
	if len(rest) > 0 {
		flag = rest[len(rest)-1]
	}
	code, body := s.carryOut(c, op, name, data, flag)
	if s.most = max(s.most, s.count()); op == -11 || code == -6 {
		return false
	}
	c.send(packet(xid, s.zxid, code, body))
	return true
}

// cutText cuts a text off fields; it is "" if there is none.
func cutText(fields []byte) (text string, rest []byte) {
	if len(fields) < 4 {
		return "", nil
	}
	n := int(binary.BigEndian.Uint32(fields))
	if n > len(fields)-4 {
		return "", nil
	}
	return string(fields[4 : 4+n]), fields[4+n:]
}

// carryOut returns the error number and the body of an answer.
func (s *Server) carryOut(c *session, op int32, name, data string, flag byte) (code int32, body []byte) {
	n := s.nodes[name]
	switch op {
	case 1: // create
		return s.create(c, name, data, flag)
	case 2: // delete
		switch {
		case len(s.children(name)) > 0:
			return -111, nil
		case n != nil:
			s.delete(name)
			return 0, nil
		}
	case 6: // getACL
		body = appendText(binary.BigEndian.AppendUint32([]byte{0, 0, 0, 1}, 31), "world")
		body = appendText(body, "anyone")
	case 3: // exists
		if flag != 0 {
			c.data[name] = true
		}
	case 4: // getData
		if flag != 0 && n != nil {
			c.data[name] = true
		}
	case 12: // getChildren2
		if flag != 0 && n != nil {
			c.names[name] = true
		}
	case 18: // removeWatches
		watches := map[byte]map[string]bool{1: c.names, 2: c.data}[flag]
		if !watches[name] {
			return -121, nil
		}
		delete(watches, name)
		return 0, nil
	case 106: // addWatch
		if s.old {
			return -6, nil
		}
		c.recursive[name] = true
		return 0, nil
	default: // sync, ping
		return 0, nil
	}
	if n == nil {
		return -101, nil
	}
	children := s.children(name)
	if op == 4 {
		body = appendText(body, string(n.data))
	}
	if op == 12 {
		body = binary.BigEndian.AppendUint32(body, uint32(len(children)))
		for _, child := range children {
			body = appendText(body, child)
		}
	}
	return 0, append(body, n.stat(len(children))...)
}

// create creates a node: flag 1 makes it ephemeral, and 2 sequential.
func (s *Server) create(c *session, name, data string, flag byte) (code int32, body []byte) {
	if flag&2 != 0 {
		name = fmt.Sprintf("%s%010d", name, s.sequence)
		s.sequence++
	}
	if s.nodes[path.Dir(name)] == nil {
		return -101, nil
	}
	if s.nodes[name] != nil {
		return -110, nil
	}
	if flag&1 == 0 {
		c = nil
	}
	s.set(name, data, c)
	return 0, appendText(nil, name)
}

func (s *Server) children(name string) []string {
	var children []string
	for other := range s.nodes {
		if other != "/" && path.Dir(other) == name {
			children = append(children, path.Base(other))
		}
	}
	slices.SortFunc(children, cmp.Compare[string])
	return children
}

func (n *node) stat(children int) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(n.created))
	b = binary.BigEndian.AppendUint64(b, uint64(n.mzxid))
	b = append(b, make([]byte, 16)...) // times
	b = binary.BigEndian.AppendUint32(b, uint32(n.version))
	b = append(b, make([]byte, 8)...) // other versions
	owner := int64(0)
	if n.owner != nil {
		owner = n.owner.id
	}
	b = binary.BigEndian.AppendUint64(b, uint64(owner))
	b = binary.BigEndian.AppendUint32(b, uint32(len(n.data)))
	b = binary.BigEndian.AppendUint32(b, uint32(children))
	return binary.BigEndian.AppendUint64(b, uint64(n.mzxid))
}

func appendText(b []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(text))), text...)
}

func packet(xid int32, zxid int64, code int32, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(16+len(body)))
	b = binary.BigEndian.AppendUint32(b, uint32(xid))
	b = binary.BigEndian.AppendUint64(b, uint64(zxid))
	b = binary.BigEndian.AppendUint32(b, uint32(code))
	return append(b, body...)
}
