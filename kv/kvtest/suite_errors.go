package kvtest

import (
	"errors"
	"net"
	"time"

	"kvist/kv"
)

var errorPromises = []promise{
	{"UnreachableIsToldInTime", testUnreachable},
	{"SilentServerIsToldInTime", testSilent},
	{"AnotherKindOfServerIsTold", testWrongServer},
	{"NoAddressIsRefused", testNoAddress},
	{"CloseIsIdempotentAndFinal", testClosed},
}

const (
	// shortTimeout is a ConnectionTimeout for tests that wait for it to pass.
	shortTimeout = time.Second
	// fairTimeout is one for tests that need a busy server's answer before it
	// has passed; clients leave a part of it for asking who it is.
	fairTimeout = 5 * time.Second
)

// opensNot opens a store that must not open, and gives the error.
func (g *ground) opensNot(addr string, timeout time.Duration) error {
	g.Helper()
	start := time.Now()
	s, err := kv.NewStore(g.h.Backend, []string{addr}, &kv.Config{ConnectionTimeout: timeout})
	if err == nil {
		s.Close()
		g.Fatal("it opened")
	}
	if took := time.Since(start); took > timeout+slack {
		g.Errorf("it took %v", took)
	}
	return err
}

func testUnreachable(g *ground) {
	g.is("open", g.opensNot(DeadAddr(), shortTimeout), kv.ErrNotReachable)
}

// testSilent opens a store on a port that accepts and never says a word.
func testSilent(g *ground) {
	l, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		g.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			g.Cleanup(func() { conn.Close() })
		}
	}()
	g.is("open", g.opensNot(l.Addr().String(), shortTimeout), kv.ErrNotReachable)
}

func testWrongServer(g *ground) {
	g.is("open", g.opensNot(g.h.Other(g).Addr, fairTimeout), kv.ErrWrongServer)
}

func testNoAddress(g *ground) {
	for _, addrs := range [][]string{nil, {}, {""}} {
		s, err := kv.NewStore(g.h.Backend, addrs, &kv.Config{ConnectionTimeout: shortTimeout})
		if err == nil {
			s.Close()
			g.Fatalf("it opened %q", addrs)
		}
		if told := (*kv.Error)(nil); !errors.As(err, &told) {
			g.Errorf("%q: %v", addrs, err)
		}
	}
}

func testClosed(g *ground) {
	g.put("a", "v")
	pair := g.get("a")
	g.s.Close()
	g.s.Close()
	for what, call := range map[string]func() error{
		"put":           func() error { return g.s.Put(g.key("a"), nil, nil) },
		"get":           func() error { _, err := g.s.Get(g.key("a")); return err },
		"delete":        func() error { return g.s.Delete(g.key("a")) },
		"exists":        func() error { _, err := g.s.Exists(g.key("a")); return err },
		"list":          func() error { _, err := g.s.List(g.prefix); return err },
		"delete tree":   func() error { return g.s.DeleteTree(g.prefix) },
		"atomic put":    func() error { _, _, err := g.s.AtomicPut(g.key("a"), nil, pair, nil); return err },
		"atomic delete": func() error { _, err := g.s.AtomicDelete(g.key("a"), pair); return err },
		"watch":         func() error { _, err := g.s.Watch(g.key("a"), nil); return err },
		"watch tree":    func() error { _, err := g.s.WatchTree(g.prefix, nil); return err },
		"follow":        func() error { _, err := kv.Follow(g.s, g.prefix); return err },
		"lock":          func() error { return g.tryLock(nil) },
	} {
		g.is(what, call(), kv.ErrClosed)
	}
	g.s = g.open()
	g.equal("after Close", g.list(""), []string{"a=v"})
}
