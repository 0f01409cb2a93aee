package kvtest

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// Link stands between clients and a server, and does to their connections what
// networks do. At first it changes nothing.
type Link struct {
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	target string
	state  linkState
	delay  time.Duration
	cues   [][]byte // a request that contains one of these mutes the link
	conns  map[net.Conn]bool
}

// linkState is what a link does to its connections.
type linkState int

const (
	linkWhole linkState = iota
	linkCut
	linkDeaf
	linkMute
)

// NewLink makes a link to the server at that address; it ends with the test.
func NewLink(t testing.TB, server string) *Link {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		t.Fatal(err)
	}
	l := &Link{listener: listener, target: server, conns: map[net.Conn]bool{}}
	l.running.Go(l.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		l.Cut()
		l.running.Wait()
	})
	return l
}

// Addr returns where clients connect to, as "host:port".
func (l *Link) Addr() string { return l.listener.Addr().String() }

// Mend restores the link. Connections that it broke stay broken.
func (l *Link) Mend() { l.become(linkWhole) }

// Cut closes all connections, and new ones at once.
func (l *Link) Cut() { l.become(linkCut) }

// Deafen lets requests through, but closes a connection when its answer comes.
func (l *Link) Deafen() { l.become(linkDeaf) }

// Mute lets requests through, but nothing back, and closes nothing.
func (l *Link) Mute() { l.become(linkMute) }

// MuteAt mutes the link as soon as a request contains one of these texts.
func (l *Link) MuteAt(texts ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cues = nil
	for _, text := range texts {
		l.cues = append(l.cues, []byte(text))
	}
}

// Delay delays everything that enters the link from now on by so much, in each
// direction and in order, on top of what else the link does; zero ends it.
func (l *Link) Delay(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delay = d
}

// Lead makes new connections go to another server.
func (l *Link) Lead(server string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.target = server
}

func (l *Link) become(state linkState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state, l.cues = state, nil
	if state != linkCut {
		return
	}
	for conn := range l.conns {
		_ = conn.Close()
	}
}

func (l *Link) is(state linkState) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state == state
}

func (l *Link) accept() {
	for {
		conn, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.running.Go(func() { l.serve(conn) })
	}
}

// serve joins a client's connection to the server, until either ends.
func (l *Link) serve(client net.Conn) {
	defer client.Close()
	l.mu.Lock()
	target := l.target
	l.mu.Unlock()
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer server.Close()
	if !l.hold(client, server) {
		return
	}
	defer l.release(client, server)
	var both sync.WaitGroup
	end := func() { client.Close(); server.Close() }
	both.Go(func() { l.ask(server, client); end() })
	both.Go(func() { l.answer(client, server); end() })
	both.Wait()
}

// hold registers connections; it returns false when the link is cut.
func (l *Link) hold(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range conns {
		l.conns[conn] = true
	}
	return l.state != linkCut
}

func (l *Link) release(conns ...net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range conns {
		delete(l.conns, conn)
	}
}

// ask passes on what the client sends, and looks for the cues in it.
func (l *Link) ask(server io.Writer, client io.Reader) {
	var heard []byte // the end of what was sent before
	l.carry(client, func(said []byte) {
		heard = l.listen(append(heard, said...))
	}, func(said []byte) bool {
		_, err := server.Write(said)
		return err == nil
	})
}

// parcel is what one read brought, and when it arrives.
type parcel struct {
	data []byte
	due  time.Time
}

// parcels is how many reads of one direction may be under way at a time.
const parcels = 1024

// carry reads until the end. It passes each part to enter at once and to
// deliver when its time has come; it ends when deliver fails.
func (l *Link) carry(from io.Reader, enter func([]byte), deliver func([]byte) bool) {
	way, gaveUp := make(chan parcel, parcels), make(chan struct{})
	l.running.Go(func() {
		defer close(way)
		buf := make([]byte, 64<<10)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			enter(buf[:n])
			select {
			case way <- parcel{bytes.Clone(buf[:n]), l.due()}:
			case <-gaveUp:
				return
			}
		}
	})
	defer close(gaveUp)
	for p := range way {
		time.Sleep(time.Until(p.due))
		if !deliver(p.data) {
			return
		}
	}
}

// due returns when something that enters the link now arrives.
func (l *Link) due() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Add(l.delay)
}

// listen looks for the cues in what a client sent, and returns the end of it,
// in which one may have begun.
func (l *Link) listen(said []byte) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	longest := 0
	for _, text := range l.cues {
		longest = max(longest, len(text))
		if bytes.Contains(said, text) {
			l.state, l.cues = linkMute, nil
			return nil
		}
	}
	return said[max(0, len(said)-longest):]
}

// answer passes on what the server sends.
func (l *Link) answer(client io.Writer, server io.Reader) {
	l.carry(server, func([]byte) {}, func(said []byte) bool {
		if l.is(linkDeaf) {
			return false
		}
		if l.is(linkMute) {
			return true
		}
		_, err := client.Write(said)
		return err == nil
	})
}
