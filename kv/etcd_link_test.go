package kv_test

import (
	"io"
	"net"
	"sync"
	"testing"
)

// etcdLink stands between a client and a server, and does to their
// connections what networks do.
type etcdLink struct {
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	target string
	state  linkState
	conns  map[net.Conn]bool
}

// linkState is what a link does.
type linkState int

const (
	linkWhole linkState = iota
	linkCut             // connections are closed
	linkDeaf            // requests get through, but their answers do not: the connection is closed
	linkMute            // requests get through, but nothing comes back, and nothing is closed
)

// newEtcdLink makes a link to target that the test closes.
func newEtcdLink(t *testing.T, target string) *etcdLink {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &etcdLink{listener: listener, target: target, conns: map[net.Conn]bool{}}
	l.running.Go(l.accept)
	t.Cleanup(func() {
		listener.Close()
		l.become(linkCut)
		l.running.Wait()
	})
	return l
}

func (l *etcdLink) addr() string { return l.listener.Addr().String() }

// become changes what the link does from now on. Open connections are closed
// by a cut.
func (l *etcdLink) become(state linkState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = state
	if state != linkCut {
		return
	}
	for conn := range l.conns {
		conn.Close()
	}
}

// lead makes new connections go to another server.
func (l *etcdLink) lead(target string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.target = target
}

func (l *etcdLink) is(state linkState) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state == state
}

// hold notes a connection; false when the link is cut.
func (l *etcdLink) hold(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == linkCut {
		conn.Close()
		return false
	}
	l.conns[conn] = true
	return true
}

func (l *etcdLink) accept() {
	for {
		conn, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.running.Go(func() { l.serve(conn) })
	}
}

func (l *etcdLink) serve(client net.Conn) {
	l.mu.Lock()
	target := l.target
	l.mu.Unlock()
	server, err := net.Dial("tcp", target)
	if err != nil || !l.hold(client) || !l.hold(server) {
		client.Close()
		if server != nil {
			server.Close()
		}
		return
	}
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(server, client); server.Close() })
	both.Go(func() { l.answer(client, server); client.Close() })
	both.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, client)
	delete(l.conns, server)
}

// answer passes on what the server says.
func (l *etcdLink) answer(client io.Writer, server io.Reader) {
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if err != nil || l.is(linkDeaf) {
			return
		}
		if l.is(linkMute) {
			continue
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}
