package kv_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/internal/explain"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// zkLiar stands before a real server and replaces the answers to one operation by a body or a
// packet of its own.
type zkLiar struct {
	mu    sync.Mutex
	op    uint32
	body  []byte // behind the head of the answer
	whole []byte // instead of the answer

	heldOp uint32
	held   func() // called once, before the server gets a request for heldOp
}

// hold calls do before the next request for an operation reaches the server.
func (l *zkLiar) hold(op uint32, do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heldOp, l.held = op, do
}

func (l *zkLiar) lie(op uint32, body, whole []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.op, l.body, l.whole = op, body, whole
}

func newZkLiar(t *testing.T, genuine string) (*zkLiar, string) {
	l := &zkLiar{}
	return l, zkListener(t, func(client net.Conn) {
		server, err := net.Dial("tcp", genuine)
		if err != nil {
			client.Close()
			return
		}
		t.Cleanup(func() { server.Close() })
		var asked sync.Map // operations by the number of the request
		go l.requests(client, server, &asked)
		go l.answers(server, client, &asked)
	})
}

func zkPacket(from io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return nil, err
	}
	if string(head[:]) == "srvr" {
		return head[:], nil
	}
	packet := make([]byte, 4+binary.BigEndian.Uint32(head[:]))
	copy(packet, head[:])
	_, err := io.ReadFull(from, packet[4:])
	return packet, err
}

func (l *zkLiar) requests(client, server net.Conn, asked *sync.Map) {
	defer server.Close()
	for first := true; ; first = false {
		packet, err := zkPacket(client)
		if err != nil {
			return
		}
		if !first {
			op := binary.BigEndian.Uint32(packet[8:])
			asked.Store(binary.BigEndian.Uint32(packet[4:]), op)
			l.mu.Lock()
			if held := l.held; held != nil && op == l.heldOp {
				l.held = nil
				held()
			}
			l.mu.Unlock()
		}
		if _, err := server.Write(packet); err != nil {
			return
		}
	}
}

func (l *zkLiar) answers(server, client net.Conn, asked *sync.Map) {
	defer client.Close()
	for first := true; ; first = false {
		packet, err := zkPacket(server)
		if err != nil {
			return
		}
		l.mu.Lock()
		if op, ok := asked.Load(binary.BigEndian.Uint32(packet[4:])); ok && !first && op == l.op {
			if l.whole != nil {
				packet = l.whole
			} else {
				packet = append(packet[:20:20], l.body...)
				binary.BigEndian.PutUint32(packet, uint32(len(packet)-4))
				binary.BigEndian.PutUint32(packet[16:], 0) // no error
			}
		}
		l.mu.Unlock()
		if _, err := client.Write(packet); err != nil {
			return
		}
	}
}

// Counts and lengths that do not fit are ErrBadAnswer and cost no memory, and the next answer that
// fits is accepted again. It runs alone, since it looks at the memory of the process.
func TestZookeeperRefusesNonsense(t *testing.T) {
	liar, addr := newZkLiar(t, kvtest.SharedZooKeeper(t).Addr)
	s := zkOpen(t, addr, &kv.Config{ConnectionTimeout: 4 * time.Second})
	zkMust(t, s.Put("nonsense/a", []byte("1"), nil))
	null, huge := []byte{0xff, 0xff, 0xff, 0xff}, []byte{0x7f, 0xff, 0xff, 0xff}
	acl := append([]byte{0, 0, 0, 1, 0, 0, 0, 31}, huge...)
	metadata := func() error { _, err := s.Meta(t.Context(), "nonsense/a"); return err }
	get := func() error { _, err := s.Get("nonsense/a"); return err }
	list := func() error { _, err := s.List("nonsense"); return err }
	put := func() error { return s.Put("nonsense/a", []byte("2"), nil) }
	swap := func() error {
		pair, err := s.Get("nonsense/a")
		zkMust(t, err)
		_, _, err = s.AtomicPut("nonsense/a", []byte("2"), pair, nil)
		return err
	}
	create := func() error { _, _, err := s.AtomicPut("nonsense/b", []byte("2"), nil, nil); return err }
	for _, c := range []struct {
		name        string
		op          uint32
		body, whole []byte
		ask         func() error
		want        error
	}{
		{"an ACL of length -1", 6, null, nil, metadata, kv.ErrBadAnswer},
		{"a huge ACL", 6, huge, nil, metadata, kv.ErrBadAnswer},
		{"an ACL with a huge scheme", 6, acl, nil, metadata, kv.ErrBadAnswer},
		{"no ACL", 6, nil, nil, metadata, kv.ErrBadAnswer},
		{"huge data", 4, huge, nil, get, kv.ErrBadAnswer},
		{"data without a stat", 4, null, nil, get, kv.ErrBadAnswer},
		{"a packet of 4 GB", 4, nil, null, get, kv.ErrBadAnswer},
		{"a packet of 2 GB", 4, nil, huge, get, kv.ErrBadAnswer},
		{"an empty packet", 4, nil, []byte{0, 0, 0, 0}, get, kv.ErrBadAnswer},
		{"no stat", 3, []byte{1}, nil, metadata, kv.ErrBadAnswer},
		{"huge names", 12, huge, nil, list, kv.ErrBadAnswer},
		{"a name of length -1", 12, append([]byte{0, 0, 0, 1}, null...), nil, list, kv.ErrBadAnswer},
		{"huge data in a listing", 4, huge, nil, list, kv.ErrBadAnswer},
		{"a write without a stat", 5, []byte{1, 2}, nil, put, kv.ErrOutcomeUnknown},
		{"a swap without a stat", 5, nil, nil, swap, kv.ErrOutcomeUnknown},
		{"a transaction cut off", 14, []byte{0, 0, 0, 1}, nil, create, kv.ErrOutcomeUnknown},
		{"a transaction with a huge path", 14, append([]byte{0, 0, 0, 1, 0, 0, 0, 0, 0}, huge...), nil, create, kv.ErrOutcomeUnknown},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		liar.lie(c.op, c.body, c.whole)
		began := time.Now()
		err := c.ask()
		took := time.Since(began)
		liar.lie(0, nil, nil)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, c.want) || !errors.Is(err, kv.ErrBadAnswer) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if took > kvtest.Allow(2*time.Second) {
			t.Errorf("%s: reported after %v", c.name, took)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 512<<20 {
			t.Errorf("%s: cost %d MB", c.name, grown>>20)
		}
		if err := metadata(); err != nil {
			t.Errorf("after %s: %v", c.name, err)
		}
	}
}

// A feed reports at once that the answers make no sense, and goes on when they do again.
func TestZookeeperFeedReportsNonsense(t *testing.T) {
	t.Parallel()
	liar, addr := newZkLiar(t, kvtest.SharedZooKeeper(t).Addr)
	s := zkOpen(t, addr, nil)
	zkMust(t, s.Put("nonsensefeed/a", []byte("1"), nil))
	liar.lie(12, []byte{0x7f, 0xff, 0xff, 0xff}, nil)
	feed, err := kv.Follow(s, "nonsensefeed", kv.FollowOptions{})
	zkMust(t, err)
	defer feed.Close()
	began := time.Now()
	f := zkReader(t, feed)
	b := f.until("reported", func(b kv.Batch) bool { return b.State.OutOfContact() })
	if !errors.Is(b.Err, kv.ErrBadAnswer) || time.Since(began) > kvtest.Allow(2*time.Second) {
		t.Errorf("%v after %v", b.Err, time.Since(began))
	}
	liar.lie(0, nil, nil)
	f.until("listed", func(b kv.Batch) bool { return b.Synced })
}

// A key that is deleted and created again between the read and the write of an AtomicPut, to the
// same version, is written over: the error says so, and comes with the pair that is there now.
func TestZookeeperReportsThatItWroteOver(t *testing.T) {
	t.Parallel()
	server := kvtest.SharedZooKeeper(t)
	liar, addr := newZkLiar(t, server.Addr)
	s, native := zkOpen(t, addr, nil), zkNative(t, server.Addr)
	zkMust(t, s.Put("writtenover", []byte("mine"), nil))
	read, err := s.Get("writtenover")
	zkMust(t, err)
	liar.hold(5, func() {
		zkMust(t, native.Delete("/writtenover", -1))
		_, err := native.Create("/writtenover", []byte("theirs"), 0, zk.WorldACL(zk.PermAll))
		zkMust(t, err)
	})
	ok, now, err := s.AtomicPut("writtenover", []byte("next"), read, nil)
	if ok || !errors.Is(err, kv.ErrWrittenOver) || !errors.Is(err, kv.ErrKeyModified) {
		t.Fatalf("%v, %v", ok, err)
	}
	there, err := s.Get("writtenover")
	zkMust(t, err)
	if string(there.Value) != "next" || now == nil || now.LastIndex != there.LastIndex || string(now.Value) != "next" {
		t.Errorf("%+v was returned, %+v is there", now, there)
	}
	if said := explain.Error(err); strings.Contains(said, "nothing was overwritten") || strings.Contains(said, "failed") {
		t.Error(said)
	}
	if ok, _, err := s.AtomicPut("writtenover", []byte("more"), now, nil); !ok {
		t.Errorf("going on from what is there: %v", err)
	}
}

// Servers that have no leader are reported as that when a store is opened, by a feed soon after
// contact was lost, and by every request.
func TestZookeeperReportsThatThereIsNoLeader(t *testing.T) {
	t.Parallel()
	idle := zkListener(t, func(client net.Conn) {
		defer client.Close()
		var word [4]byte
		if _, err := io.ReadFull(client, word[:]); err == nil && string(word[:]) == "srvr" {
			_, _ = io.WriteString(client, "This ZooKeeper instance is not currently serving requests\n")
		}
	})
	if _, err := kv.InitializeZookeeper([]string{idle}, nil); !errors.Is(err, kv.ErrNoLeader) {
		t.Errorf("opened: %v", err)
	}
	link := kvtest.NewLink(t, kvtest.SharedZooKeeper(t).Addr)
	s := zkOpen(t, link.Addr(), &kv.Config{ConnectionTimeout: 5 * time.Second})
	feed, err := kv.Follow(s, "noleader", kv.FollowOptions{})
	zkMust(t, err)
	defer feed.Close()
	f := zkReader(t, feed)
	f.until("listed", func(b kv.Batch) bool { return b.Synced })
	link.Cut()
	link.Lead(idle)
	link.Mend()
	began := time.Now()
	f.until("reported", func(b kv.Batch) bool { return b.State.OutOfContact() && errors.Is(b.Err, kv.ErrNoLeader) })
	if took := time.Since(began); took > kvtest.Allow(10*time.Second) {
		t.Errorf("reported after %v", took)
	}
	if _, err := s.Get("noleader"); !errors.Is(err, kv.ErrNoLeader) {
		t.Errorf("Get: %v", err)
	}
	if err := s.Put("noleader", nil, nil); !errors.Is(err, kv.ErrNoLeader) {
		t.Errorf("Put: %v", err)
	}
	if _, err := s.List("noleader"); !errors.Is(err, kv.ErrNoLeader) {
		t.Errorf("List: %v", err)
	}
}

// A server that wants a certificate of its clients is ErrDenied for those without one.
func TestZookeeperWantsACertificate(t *testing.T) {
	t.Parallel()
	certs := kvtest.NewCertificates(t)
	server := kvtest.StartZooKeeper(t, kvtest.WithTLS(certs))
	bare := certs.Client()
	bare.Certificates = nil
	if err := opens(t, kv.InitializeZookeeper, server.Addr, bare); !errors.Is(err, kv.ErrDenied) {
		t.Errorf("%v, want %v", err, kv.ErrDenied)
	}
}

// A listing whose server stops ends when nothing has come for a timeout and a quarter, however
// large it is, with the connection open or cut.
func TestZookeeperListingEndsWithItsServer(t *testing.T) {
	t.Parallel()
	const timeout = 2 * time.Second
	server := kvtest.SharedZooKeeper(t)
	native := zkOpen(t, server.Addr, nil)
	for i := range 200 {
		zkMust(t, native.Put(fmt.Sprintf("stops/%d", i), make([]byte, 100_000), nil))
	}
	for name, stop := range map[string]func(*kvtest.Link){
		"mute": (*kvtest.Link).Mute, "cut": (*kvtest.Link).Cut, "deaf": (*kvtest.Link).Deafen,
		"mute amid it": func(l *kvtest.Link) { l.MuteAt("/stops/150") },
	} {
		link := kvtest.NewLink(t, server.Addr)
		s := zkOpen(t, link.Addr(), &kv.Config{ConnectionTimeout: timeout})
		for _, list := range map[string]func() error{
			"List":  func() error { _, err := s.List("stops"); return err },
			"Locks": func() error { _, err := s.Locks(t.Context(), "stops"); return err },
		} {
			stop(link)
			began := time.Now()
			err := list()
			took := time.Since(began)
			if t.Logf("%s: %v", name, took); !errors.Is(err, kv.ErrNotReachable) || took > kvtest.Allow(timeout*5/4+5*time.Second) {
				t.Errorf("%s: %v after %v", name, err, took)
			}
			link.Mend()
			if err := list(); err != nil {
				t.Errorf("after %s: %v", name, err)
			}
		}
	}
}
