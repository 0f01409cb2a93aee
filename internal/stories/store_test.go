package stories

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// places returns the kinds of stores that every story runs on: the first server of each scheme.
func places() []kvtest.Harness {
	return slices.CompactFunc(kvtest.Backends(), func(a, b kvtest.Harness) bool { return a.Scheme == b.Scheme })
}

// placeOf returns the kind of store with a scheme.
func placeOf(scheme string) kvtest.Harness {
	all := places()
	return all[slices.IndexFunc(all, func(h kvtest.Harness) bool { return h.Scheme == scheme })]
}

// scene is where a story takes place: a store, a prefix of its own in it, and a
// native client.
type scene struct {
	*testing.T
	place  kvtest.Harness
	server *kvtest.Server
	client kvtest.Client
	prefix string
	home   *home
	link   *kvtest.Link // the program's way to the server; nil for the direct one
	user   string       // that the program logs in as; "" for nobody
}

// onEach runs a story on each store, in parallel.
func onEach(t *testing.T, story func(s *scene)) {
	t.Helper()
	t.Parallel()
	for _, at := range places() {
		t.Run(at.Scheme, func(t *testing.T) {
			t.Parallel()
			story(newScene(t, at, at.Shared(t)))
		})
	}
}

// onEtcd runs a story that is the same on every store.
func onEtcd(t *testing.T) *scene {
	t.Helper()
	t.Parallel()
	return newScene(t, placeOf("etcdv3"), kvtest.SharedEtcd(t))
}

func newScene(t *testing.T, at kvtest.Harness, server *kvtest.Server) *scene {
	t.Helper()
	return &scene{
		T: t, place: at, server: server, client: at.Client(t, server),
		prefix: "story-" + strings.ToLower(rand.Text()[:8]), home: newHome(t),
	}
}

// key returns a key of this scene.
func (s *scene) key(name string) string { return s.prefix + "/" + name }

// put writes a key as somebody else.
func (s *scene) put(name, value string) { s.Helper(); s.client.Put(s.key(name), value) }

// delete deletes a key as somebody else.
func (s *scene) delete(name string) { s.Helper(); s.client.Delete(s.key(name)) }

// stays fails if a key does not have this value now.
func (s *scene) stays(name, value string) {
	s.Helper()
	if got, ok := s.client.Get(s.key(name)); !ok || got != value {
		s.Errorf("%s is %q (there: %v), not %q", name, got, ok, value)
	}
}

// makesFolders reports whether the store has folders that can be made.
func (s *scene) makesFolders() bool {
	s.Helper()
	store, err := kv.NewStore(s.place.Backend, []string{s.server.Addr}, nil)
	if err != nil {
		s.Fatal(err)
	}
	defer store.Close()
	_, ok := kv.As[kv.DirectoryMaker](store)
	return ok
}

// isGone waits until somebody else no longer finds the key.
func (s *scene) isGone(name string) {
	s.Helper()
	s.eventually(name+" to be gone", func() bool {
		_, ok := s.client.Get(s.key(name))
		return !ok
	})
}

// askPace is how often a native client asks again.
const askPace = 50 * time.Millisecond

// eventually waits for what only a native client can see.
func (s *scene) eventually(what string, ok func() bool) {
	s.Helper()
	for limit := time.Now().Add(patience); !ok(); time.Sleep(askPace) {
		if time.Now().After(limit) {
			s.Fatalf("waited in vain for %s", what)
		}
	}
}

// address returns where the program finds the scene.
func (s *scene) address() string {
	at := s.server.Addr
	if s.link != nil {
		at = s.link.Addr()
	}
	if s.user != "" {
		at = s.user + "@" + at
	}
	return s.place.Scheme + "://" + at + "/" + s.prefix
}

// far puts a link between the program and the server, which the story can
// delay.
func (s *scene) far() {
	s.Helper()
	s.link = kvtest.NewLink(s.T, s.server.Addr)
}

// open starts the program on this scene, and waits until it is live.
func (s *scene) open(flags ...string) *terminal {
	s.Helper()
	x := s.home.start(110, 32, append(flags, s.address())...)
	x.Sees("● live")
	return x
}

// with returns the program on a scene with these keys, each with the value
// "value of" it, once the first of them is on the screen.
func (s *scene) with(names ...string) *terminal {
	s.Helper()
	for _, name := range names {
		s.put(name, "value of "+name)
	}
	x := s.open()
	first, _, _ := strings.Cut(names[0], "/")
	x.Sees(" " + first)
	return x
}
