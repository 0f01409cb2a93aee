package kvtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"kvist/kv"
)

const (
	// patience bounds waiting for what must come soon.
	patience = 90 * time.Second
	// slack is what a call may take beyond its time limit.
	slack = 5 * time.Second
	// openings is how often a server that answers is tried before it counts as
	// one that does not.
	openings = 10
	// requestTimeout is the suite's ConnectionTimeout: generous, since many
	// tests share the machine.
	requestTimeout = 30 * time.Second
)

// Harness is one backend on one kind of server: where its servers come from, and what it declares
// it can do. Tests depend on these declarations, never on the backend's name.
type Harness struct {
	Name    string
	Scheme  string // of its addresses
	Backend kv.Backend
	// Shared returns a server for all tests, Start one of the test's own, Other a server of another
	// kind.
	Shared func(testing.TB) *Server
	Start  func(testing.TB, ...Option) *Server
	Other  func(testing.TB) *Server
	// Client returns a native client of a server.
	Client func(testing.TB, *Server) Client

	// Open, if not nil, opens a store instead of kv.NewStore.
	Open func(addrs []string, c *kv.Config) (kv.Store, error)
	// Scoped: feeds are told which folders are open, before they begin and
	// whenever they report a new one, which is then opened.
	Scoped bool

	// LeastTTL is the shortest TTL that the backend takes; Late is how much
	// longer the server may take to notice that it is over.
	LeastTTL time.Duration
	Late     time.Duration
	// SelfRenewing: ephemeral keys live as long as their store even without a
	// heartbeat.
	SelfRenewing bool
	// Directories: intermediate directories are entries of their own, with an
	// empty value.
	Directories bool
	// Hidden: names that start with "_" are in no listing.
	Hidden bool
	// Text: values must be UTF-8.
	Text bool
	// Verbatim: "a", "/a" and "a/" are three different keys.
	Verbatim bool
	// SlashAtEnd: a key may end in "/".
	SlashAtEnd bool
	// TellsEach: the store reports each change of each key, however many, so
	// that a feed has no gaps while contact lasts.
	TellsEach bool
	// Fair: a lock is handed over in the order of the requests, and those who
	// wait are visible.
	Fair bool
}

// promise is one sentence of the contract, as a test.
type promise struct {
	name string
	test func(*ground)
}

// Run proves a backend: each promise of package kv is a subtest on a prefix of
// its own. They run side by side.
func Run(t *testing.T, h Harness) {
	prove(t, h, slices.Concat(
		keyPromises, bytesPromises, listPromises, listerPromises, atomicPromises, watchPromises, treePromises, lockPromises, inspectPromises,
		ephemeralPromises, errorPromises, folderPromises, feedPromises, valuePromises, planPromises, nodePromises, searchPromises, historyPromises,
		restartPromises, contactPromises, bulkPromises,
	))
}

// RunFeeds proves only the backend's own feeds, for a backend that has several
// kinds of them.
func RunFeeds(t *testing.T, h Harness) {
	prove(t, h, slices.DeleteFunc(slices.Concat(feedPromises, restartPromises, contactPromises), func(p promise) bool {
		return !strings.HasPrefix(p.name, "Feed") || strings.HasPrefix(p.name, "FeedByWatchTree")
	}))
}

func prove(t *testing.T, h Harness, promises []promise) {
	h.Shared(t) // first, so that a missing server is reported once
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.test(newGround(t, h))
		})
	}
}

// ground is what one subtest works on: a store on a server, and a prefix that
// nobody else uses.
type ground struct {
	*testing.T
	h      Harness
	server *Server
	s      kv.Store
	prefix string
}

func newGround(t *testing.T, h Harness) *ground {
	t.Helper()
	g := &ground{T: t, h: h, server: h.Shared(t), prefix: fmt.Sprintf("kvtest-%016x", rand.Uint64())}
	g.s = g.open()
	t.Cleanup(func() {
		if s, err := g.openWith(nil); err == nil {
			_ = s.DeleteTree(g.prefix) // only to keep the shared server small
			s.Close()
		}
	})
	return g
}

// ownServer moves the test to a server of its own, which it may kill.
func (g *ground) ownServer() {
	g.Helper()
	g.s.Close()
	g.server = g.h.Start(g)
	g.s = g.open()
}

// open opens another store on the same server; the test closes it at its end.
func (g *ground) open() kv.Store {
	g.Helper()
	s, err := g.openWith(&kv.Config{ConnectionTimeout: requestTimeout, EphemeralTTL: g.ttl()})
	if err != nil {
		g.Fatalf("open: %v", err)
	}
	g.Cleanup(s.Close)
	return s
}

func (g *ground) openWith(c *kv.Config) (kv.Store, error) { return g.openAt(g.server.Addr, c) }

// openAt opens a store of a server that answers. A busy one may need longer than
// a test with short timeouts allows, so that it is tried again.
func (g *ground) openAt(addr string, c *kv.Config) (s kv.Store, err error) {
	for range openings {
		if s, err = g.openOnce(addr, c); !errors.Is(err, kv.ErrNotReachable) {
			break
		}
	}
	return s, err
}

func (g *ground) openOnce(addr string, c *kv.Config) (kv.Store, error) {
	if g.h.Open != nil {
		return g.h.Open([]string{addr}, c)
	}
	return kv.NewStore(g.h.Backend, []string{addr}, c)
}

// ttl returns a TTL that is short, but not so short that a busy machine cannot
// renew in time.
func (g *ground) ttl() time.Duration { return max(g.h.LeastTTL, 5*time.Second) }

// key returns a key below the test's prefix.
func (g *ground) key(rest string) string { return g.prefix + "/" + rest }

func (g *ground) put(rest, value string) {
	g.Helper()
	if err := g.s.Put(g.key(rest), []byte(value), nil); err != nil {
		g.Fatalf("put %q: %v", rest, err)
	}
}

func (g *ground) get(rest string) *kv.KVPair {
	g.Helper()
	pair, err := g.s.Get(g.key(rest))
	if err != nil {
		g.Fatalf("get %q: %v", rest, err)
	}
	return pair
}

func (g *ground) delete(rest string) {
	g.Helper()
	if err := g.s.Delete(g.key(rest)); err != nil {
		g.Fatalf("delete %q: %v", rest, err)
	}
}

// list returns what List returns below the test's prefix, as "rest=value",
// without the directories that a store may have made. A missing prefix is an
// empty list.
func (g *ground) list(rest string) []string {
	g.Helper()
	pairs, err := g.s.List(strings.TrimSuffix(g.key(rest), "/"))
	if err != nil && !errors.Is(err, kv.ErrKeyNotFound) {
		g.Fatalf("list %q: %v", rest, err)
	}
	return g.texts(pairs)
}

// texts returns pairs as "rest=value", without directories: the suite's keys
// have values that are not empty.
func (g *ground) texts(pairs []*kv.KVPair) []string {
	texts := []string{}
	for _, p := range pairs {
		if g.h.Directories && len(p.Value) == 0 {
			continue
		}
		texts = append(texts, strings.TrimPrefix(p.Key, g.prefix+"/")+"="+string(p.Value))
	}
	return texts
}

// equal fails the test unless two lists are the same.
func (g *ground) equal(what string, got, want []string) {
	g.Helper()
	if !slices.Equal(got, want) {
		g.Fatalf("%s: got %q, want %q", what, shortened(got), shortened(want))
	}
}

// shortened keeps a long list readable.
func shortened(list []string) []string {
	if len(list) <= 20 {
		return list
	}
	return append(slices.Clone(list[:20]), fmt.Sprintf("… %d in all", len(list)))
}

// is fails the test unless err is of that kind and names what was tried.
func (g *ground) is(what string, err, kind error) {
	g.Helper()
	if !errors.Is(err, kind) {
		g.Fatalf("%s: got %v, want %v", what, err, kind)
	}
	var told *kv.Error
	if !errors.As(err, &told) || told.Op == "" {
		g.Fatalf("%s: %v does not tell the operation", what, err)
	}
}

// await reads from c until ok accepts something.
func await[T any](g *ground, what string, c <-chan T, ok func(T) bool) T {
	g.Helper()
	end := time.After(patience)
	var last T
	for {
		select {
		case v, open := <-c:
			if !open {
				g.Fatalf("%s: the channel was closed; last came %+v", what, last)
			}
			if last = v; ok(v) {
				return v
			}
		case <-end:
			g.Fatalf("%s: not within %v; last came %+v", what, patience, last)
		}
	}
}

// awaitClosed reads from c until it is closed.
func awaitClosed[T any](g *ground, what string, c <-chan T) {
	g.Helper()
	end := time.After(patience)
	for {
		select {
		case _, open := <-c:
			if !open {
				return
			}
		case <-end:
			g.Fatalf("%s: the channel is still open after %v", what, patience)
		}
	}
}

// eventually waits until ok.
func (g *ground) eventually(what string, within time.Duration, ok func() bool) {
	g.Helper()
	for end := time.Now().Add(within); !ok(); time.Sleep(pollPace) {
		if time.Now().After(end) {
			g.Fatalf("%s: not within %v", what, within)
		}
	}
}
