package stories

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"kvist/kv"
)

// storeChange is a change of the store that only the program can have made.
type storeChange struct {
	at    time.Time
	key   string
	value string
	gone  bool
}

// monkeyBooks record what the store held at each time, and who wrote it.
type monkeyBooks struct {
	*scene
	store kv.Store

	mu      sync.Mutex
	now     map[string]string // below the prefix, by name
	theirs  map[string]bool   // values that somebody else wrote
	ever    map[string]bool   // all values that were ever there
	changes []storeChange
}

// newMonkeyBooks reads the store, past the link, until the test is over.
func newMonkeyBooks(s *scene) *monkeyBooks {
	s.Helper()
	store, err := kv.NewStore(s.place.Backend, []string{s.server.Addr}, nil)
	if err != nil {
		s.Fatal(err)
	}
	b := &monkeyBooks{scene: s, store: store, theirs: map[string]bool{}, ever: map[string]bool{}}
	b.read()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			b.read()
			time.Sleep(askPace)
		}
	}()
	s.Cleanup(func() { cancel(); <-done; store.Close() })
	return b
}

// read records what the store holds now, and what changed.
func (b *monkeyBooks) read() {
	b.mu.Lock()
	defer b.mu.Unlock()
	pairs, err := b.store.List(b.prefix)
	if err != nil {
		return // a server under load; the next reading shows the same
	}
	at, now := time.Now(), make(map[string]string, len(pairs))
	for _, p := range pairs {
		now[strings.TrimPrefix(p.Key, b.prefix+"/")] = string(p.Value)
	}
	for name, value := range now {
		b.ever[value] = true
		if old, was := b.now[name]; b.now != nil && (!was || old != value) && !b.theirs[value] && !isFolder(name, now) {
			b.changes = append(b.changes, storeChange{at, name, value, false})
		}
	}
	for name, value := range b.now {
		if _, is := now[name]; !is && !isFolder(name, b.now) && (value != "" || b.theirs[value]) {
			b.changes = append(b.changes, storeChange{at, name, value, true})
		}
	}
	b.now = now
}

// isFolder reports whether there are keys below a name: on some stores it is
// then a key, which comes and goes with them.
func isFolder(name string, keys map[string]string) bool {
	for other := range keys {
		if strings.HasPrefix(other, name+"/") {
			return true
		}
	}
	return false
}

// names returns the keys that exist.
func (b *monkeyBooks) names() []string {
	b.read()
	b.mu.Lock()
	defer b.mu.Unlock()
	names := make([]string, 0, len(b.now))
	for name := range b.now {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// holds reports whether a text is part of a value that was ever there.
func (b *monkeyBooks) holds(text string) bool {
	b.read()
	b.mu.Lock()
	defer b.mu.Unlock()
	for value := range b.ever {
		if strings.Contains(value, text) {
			return true
		}
	}
	return false
}

// monkeyOther is another user, who writes some of the keys now and then.
type monkeyOther struct {
	*scene
	books *monkeyBooks
	dice  *rand.Rand
	count int
	quit  chan struct{}
	done  chan struct{}
}

func newMonkeyOther(s *scene, books *monkeyBooks, seed uint64) *monkeyOther {
	o := &monkeyOther{scene: s, books: books, dice: rand.New(rand.NewPCG(seed, 1))}
	o.start()
	s.Cleanup(o.stop)
	return o
}

// start begins to write.
func (o *monkeyOther) start() {
	o.quit, o.done = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(o.done)
		for {
			select {
			case <-o.quit:
				return
			case <-time.After(time.Duration(200+o.dice.IntN(1200)) * time.Millisecond):
				o.write()
			}
		}
	}()
}

// stop ends the writing; it may be called again.
func (o *monkeyOther) stop() {
	if o.quit == nil {
		return
	}
	close(o.quit)
	<-o.done
	o.quit = nil
}

// write writes one key, and reads first what it overwrites.
func (o *monkeyOther) write() {
	name := pick(o.dice, []string{"theirs/a", "theirs/b", "theirs/c", "body", "config/limits.json", "config/day/one", "dy/y"})
	o.count++
	value := fmt.Sprintf("theirs %d", o.count)
	o.books.mu.Lock()
	o.books.theirs[value] = true
	o.books.mu.Unlock()
	o.books.read()
	if err := o.books.store.Put(o.key(name), []byte(value), nil); err != nil {
		o.Logf("somebody else wrote in vain: %v", err)
	}
}

// audit checks every change.
func (m *monkey) audit() {
	m.Helper()
	m.other.stop()
	m.eventually("the last writes to be over", func() bool { m.books.read(); return true })
	m.books.mu.Lock()
	changes := slices.Clone(m.books.changes)
	m.books.mu.Unlock()
	for _, c := range changes {
		if !m.eyes.askedFor(c) {
			m.Errorf("%s: %s (gone: %v, value %q) was not asked for; the last that the monkey did:\n%s", c.at.Format("05.000"), c.key, c.gone, c.value, m.eyes.recentBefore(c.at))
		}
	}
	m.Logf("%d changes by the program, %d words typed", len(changes), m.token)
	m.missesNothing()
}

// missesNothing fails if a word that was in the editor is nowhere.
func (m *monkey) missesNothing() {
	m.Helper()
	m.x.Signal(syscall.SIGHUP)
	m.x.Ends()
	var kept strings.Builder
	for _, d := range m.home.drafts(m.address()) {
		kept.Write(d.Mine)
	}
	m.eyes.mu.Lock()
	defer m.eyes.mu.Unlock()
	for token, seen := range m.eyes.tokens {
		if seen.IsZero() || seen.Before(m.eyes.forgave) || strings.Contains(kept.String(), token) || m.books.holds(token) {
			continue
		}
		m.Errorf("%s stood in the editor at %s and is nowhere", token, seen.Format("05.000"))
	}
}
