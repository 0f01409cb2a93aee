package kvtest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"time"

	"kvist/kv"
)

var errorPromises = []promise{
	{"UnreachableIsToldInTime", testUnreachable},
	{"SilentServerIsToldInTime", testSilent},
	{"AnotherKindOfServerIsTold", testWrongServer},
	{"NoAddressIsRefused", testNoAddress},
	{"UnansweredWritesSayThatNobodyKnows", testUnanswered},
	{"CloseIsIdempotentAndFinal", testClosed},
}

const (
	// shortTimeout is a ConnectionTimeout for tests that wait for it to pass.
	shortTimeout = time.Second
	// fairTimeout is one for tests that need a busy server's answer before it
	// has passed; clients use a part of it to ask which server answers.
	fairTimeout = 5 * time.Second
)

// opensNot opens a store that must not open, and returns the error.
func (g *ground) opensNot(addr string, timeout time.Duration) error {
	g.Helper()
	start := time.Now()
	s, err := kv.NewStore(g.h.Backend, []string{addr}, &kv.Config{ConnectionTimeout: timeout})
	if err == nil {
		s.Close()
		g.Fatal("it opened")
	}
	if took := time.Since(start); took > Allow(timeout+slack) {
		g.Errorf("it took %v", took)
	}
	return err
}

func testUnreachable(g *ground) {
	g.is("open", g.opensNot(DeadAddr(), shortTimeout), kv.ErrNotReachable)
}

// testSilent opens a store on a port that accepts and never answers.
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

// testUnanswered lets writes reach the server, and breaks contact before their
// answers come.
func testUnanswered(g *ground) {
	g.put("a", "before")
	for what, write := range map[string]func(s kv.Store, base *kv.KVPair, value []byte) error{
		"put": func(s kv.Store, _ *kv.KVPair, value []byte) error { return s.Put(g.key("a"), value, nil) },
		"replace": func(s kv.Store, base *kv.KVPair, value []byte) error {
			_, _, err := s.AtomicPut(g.key("a"), value, base, nil)
			return err
		},
		"create": func(s kv.Store, _ *kv.KVPair, value []byte) error {
			_, _, err := s.AtomicPut(g.key("new"), value, nil, nil)
			return err
		},
	} {
		base := g.get("a")
		g.unanswered(what, func(s kv.Store, value []byte) error { return write(s, base, value) })
	}
}

// unanswered checks what a store reports about one such write, and that it
// works again when it gets answers again.
func (g *ground) unanswered(what string, write func(s kv.Store, value []byte) error) {
	g.Helper()
	link := NewLink(g, g.server.Addr)
	s, err := g.openAt(link.Addr(), &kv.Config{ConnectionTimeout: fairTimeout})
	if err != nil {
		g.Fatal(err)
	}
	defer s.Close()
	value := fmt.Sprintf("%s-%016x", what, rand.Uint64())
	link.MuteAt(value, base64.StdEncoding.EncodeToString([]byte(value))) // as it is sent to Consul
	outcome := make(chan error, 1)
	go func() { outcome <- write(s, []byte(value)) }()
	g.eventually(what+": the write happens", patience, func() bool {
		return slices.ContainsFunc(g.list(""), func(text string) bool { return strings.HasSuffix(text, "="+value) })
	})
	link.Cut()
	err = await(g, what, outcome, func(error) bool { return true })
	g.is(what, err, kv.ErrOutcomeUnknown)
	if errors.Is(err, kv.ErrKeyModified) {
		g.Errorf("%s: %v tells a conflict too", what, err)
	}
	if told := (*kv.Error)(nil); errors.As(err, &told) && (told.Err == nil || told.Server == "") {
		g.Errorf("%s: %v does not tell its cause and the server", what, err)
	}
	link.Mend()
	g.eventually(what+": the store works again", patience, func() bool {
		pair, err := s.Get(g.key("a"))
		return err == nil && pair.LastIndex == g.get("a").LastIndex
	})
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
		"follow":        func() error { _, err := kv.Follow(g.s, g.prefix, kv.FollowOptions{}); return err },
		"lock":          func() error { return g.tryLock(nil) },
	} {
		g.is(what, call(), kv.ErrClosed)
	}
	g.s = g.open()
	g.equal("after Close", g.list(""), []string{"a=v"})
}
