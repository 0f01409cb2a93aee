package kvtest

import (
	"time"

	"kvist/kv"
)

var ephemeralPromises = []promise{
	{"EphemeralKeysEndWithClose", testEphemeralClose},
	{"EphemeralKeysEndWhenTheClientIsKilled", testEphemeralKill},
	{"EphemeralKeysWithoutHeartbeatEnd", testEphemeralUnrenewed},
	{"HeartbeatRenews", testHeartbeat},
	{"TooShortATTLIsRefused", testInvalidTTL},
}

// ephemeral asks for a key that ends with its store and is not renewed.
func (g *ground) ephemeral() *kv.WriteOptions { return &kv.WriteOptions{Ephemeral: true} }

// renewed asks for a key that is renewed while its store is open.
func (g *ground) renewed() *kv.WriteOptions {
	return &kv.WriteOptions{Ephemeral: true, Heartbeat: g.ttl() / 3}
}

// lifetime is how long an ephemeral key may outlive a client that is gone.
func (g *ground) lifetime() time.Duration { return g.ttl() + g.h.Late + slack }

// there reports whether a key exists.
func (g *ground) there(rest string) bool {
	g.Helper()
	there, err := g.s.Exists(g.key(rest))
	if err != nil {
		g.Fatalf("exists %q: %v", rest, err)
	}
	return there
}

func testEphemeralClose(g *ground) {
	owner := g.open()
	if err := owner.Put(g.key("put"), []byte("v"), g.renewed()); err != nil {
		g.Fatal(err)
	}
	if ok, _, err := owner.AtomicPut(g.key("atomic"), []byte("v"), nil, g.ephemeral()); !ok || err != nil {
		g.Fatal(ok, err)
	}
	if err := owner.Put(g.key("stays"), []byte("v"), nil); err != nil {
		g.Fatal(err)
	}
	g.equal("while it is open", g.list(""), []string{"atomic=v", "put=v", "stays=v"})
	owner.Close()
	g.equal("after Close", g.list(""), []string{"stays=v"})
}

// testEphemeralKill has another process put keys, and kills it.
func testEphemeralKill(g *ground) {
	child := g.startChild()
	if !g.there("ephemeral") || !g.there("heartbeat") {
		g.Fatal("the keys are not there")
	}
	child.kill()
	g.eventually("the keys end", g.lifetime(), func() bool {
		return !g.there("ephemeral") && !g.there("heartbeat")
	})
}

func testEphemeralUnrenewed(g *ground) {
	if err := g.s.Put(g.key("a"), []byte("v"), g.ephemeral()); err != nil {
		g.Fatal(err)
	}
	if !g.h.SelfRenewing {
		g.eventually("the key ends", g.lifetime(), func() bool { return !g.there("a") })
		return
	}
	g.outlives("a")
}

// outlives checks that a key exists for longer than it would without renewal.
func (g *ground) outlives(rest string) {
	g.Helper()
	for end := time.Now().Add(g.lifetime()); time.Now().Before(end); time.Sleep(10 * pollPace) {
		if !g.there(rest) {
			g.Fatal("the key has ended")
		}
	}
}

func testHeartbeat(g *ground) {
	if err := g.s.Put(g.key("a"), []byte("v"), g.renewed()); err != nil {
		g.Fatal(err)
	}
	g.outlives("a")
}

func testInvalidTTL(g *ground) {
	for _, ttl := range []time.Duration{-time.Second, time.Nanosecond, 500 * time.Millisecond, g.h.LeastTTL - time.Second} {
		if ttl != 0 { // 0 is the default
			g.refusesTTL(ttl)
		}
	}
	if texts := g.list(""); len(texts) > 0 {
		g.equal("after", texts, []string{"plain=v"})
	}
}

// refusesTTL checks that a TTL is refused wherever one can be given.
func (g *ground) refusesTTL(ttl time.Duration) {
	g.Helper()
	g.is("lock with "+ttl.String(), g.tryLock(&kv.LockOptions{TTL: ttl}), kv.ErrInvalidTTL)
	s, err := g.openWith(&kv.Config{ConnectionTimeout: requestTimeout, EphemeralTTL: ttl})
	if err != nil {
		g.is("open", err, kv.ErrInvalidTTL)
		return
	}
	defer s.Close()
	g.is("put with "+ttl.String(), s.Put(g.key("a"), []byte("v"), g.ephemeral()), kv.ErrInvalidTTL)
	_, _, err = s.AtomicPut(g.key("a"), []byte("v"), nil, g.ephemeral())
	g.is("atomic put with "+ttl.String(), err, kv.ErrInvalidTTL)
	if err := s.Put(g.key("plain"), []byte("v"), nil); err != nil {
		g.Errorf("a plain put needs no TTL: %v", err)
	}
}

// tryLock takes a lock and releases it again.
func (g *ground) tryLock(options *kv.LockOptions) error {
	lock, err := g.s.NewLock(g.key("lock"), options)
	if err != nil {
		return err
	}
	if _, err := lock.Lock(); err != nil {
		return err
	}
	return lock.Unlock()
}
