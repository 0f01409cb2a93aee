package tui

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/compare"
	"kvist/internal/compare/live"
	"kvist/internal/transfer"
	"kvist/kv"
	"kvist/tui/tree"
)

// compareSide is one of two places that are compared: its keys, and what keeps them
// up to date.
type compareSide struct {
	words  string // names it in sentences
	place  transfer.Place
	dir    string         // the keys below it begin with it
	own    string         // the key that is the place itself; "" for none
	site   *transfer.Site // nil for a file
	still  string         // why it does not change; "" if it does
	shared bool           // its keys are the explorer's own tree, and its feed
	keys   *tree.Tree

	source   transfer.Source // a file; nil for a store
	versions []uint64

	feed   kv.Feed // nil for a shared one and for a file
	mu     sync.Mutex
	room   *kv.Room // under mu, since the key itself comes beside the feed
	state  kv.State
	ready  bool // all its keys are known
	since  time.Time
	err    error // why it is out of contact
	unseen error // why there may be more keys

	closing sync.Once
}

// placed sets what follows from the place, and from what is asked.
func (s *compareSide) placed(asked *compareAsked) {
	s.dir = kv.Dir(s.place.Store, s.place.Prefix)
	s.own = strings.TrimSuffix(s.place.Prefix, "/")
	if s.dir == "" || s.dir == "/" || strings.HasSuffix(s.place.Prefix, "/") && !kv.NatureOf(s.place.Store).Paths {
		s.own = ""
	}
	if s.own != "" && !strings.HasPrefix(s.dir, s.own) { // the store writes it in another way
		s.own = strings.TrimSuffix(s.dir, "/")
	}
	if asked.below {
		s.own = ""
	}
}

// side returns what is compared.
func (s *compareSide) side() live.Side {
	l := live.Side{Tree: s.keys, Dir: s.dir, Own: s.own, Versions: s.versions}
	l.Marked = s.source == nil && s.dir == "" && kv.Dir(s.place.Store, "/") == ""
	if s.source != nil {
		l.Paths, l.Reader = s.source.Nature().Paths, compare.SourceReader(s.source)
	} else {
		l.Paths, l.Reader = kv.NatureOf(s.place.Store).Paths, compare.StoreReader(s.place.Store)
	}
	return l
}

// nature returns what the keys are like.
func (s *compareSide) nature() kv.Nature {
	if s.source != nil {
		return s.source.Nature()
	}
	return kv.NatureOf(s.place.Store)
}

// count returns how many keys it has.
func (s *compareSide) count() int {
	n := s.keys.Keys()
	if dir := strings.TrimSuffix(s.dir, "/"); s.shared && s.dir != s.keys.Prefix() {
		n, _ = s.keys.Count(dir)
	} else if s.own != "" && !s.shared {
		return n
	}
	if _, own := s.keys.Lookup(s.own); own && s.own != "" && s.shared {
		n++
	}
	return n
}

// follow begins to follow a side that is not shared. It blocks.
func (s *compareSide) follow(ctx context.Context) error {
	at := s.dir
	if s.own != "" {
		at = dirOf(s.own)
	}
	s.keys = tree.New(at)
	s.room = kv.RoomOf(s.place.Store)
	if s.own != "" && s.still != "" {
		pair, err := s.place.Store.Get(s.own)
		switch {
		case err == nil:
			s.take(ownEvent(ctx, s.place.Store, s.own, pair), &touchedKeys{})
		case !errors.Is(err, kv.ErrKeyNotFound) && !errors.Is(err, kv.ErrIsDirectory):
			return err
		}
	}
	feed, err := kv.Follow(s.place.Store, s.dir, kv.FollowOptions{})
	s.feed = feed
	return err
}

// close lets go of everything that the side holds. It blocks.
func (s *compareSide) close() {
	s.closing.Do(func() {
		if s.feed != nil {
			s.feed.Close()
		}
		if s.site != nil && s.site.Close != nil {
			s.site.Close()
		}
	})
}

// compareTouched is the most keys that a batch names; beyond that, all are compared
// again.
const compareTouched = 20_000

// touchedKeys are keys of a side that may have changed.
type touchedKeys struct {
	keys []string
	all  bool  // too many to name
	err  error // there is no room for more
}

func (t *touchedKeys) add(key string) {
	if t.all {
		return
	}
	if t.keys = append(t.keys, key); len(t.keys) > compareTouched {
		t.keys, t.all = nil, true
	}
}

// take puts an event into the tree.
func (s *compareSide) take(e kv.Event, touched *touchedKeys) {
	what, _ := applyEvent(s.keys, e, time.Time{})
	s.mu.Lock()
	defer s.mu.Unlock()
	switch what {
	case tree.None:
		return
	case tree.Added:
		if err := s.room.Take(e.Key); err != nil {
			touched.err = err
		}
	case tree.Removed:
		s.room.Give(e.Key)
	case tree.Changed:
	}
	touched.add(e.Key)
}

// pull waits for the next batch and puts it into the tree.
func (s *compareSide) pull(ctx context.Context, pause time.Duration) (p comparePulled) {
	if pause > 0 && !sleep(ctx, pause) {
		return comparePulled{err: ctx.Err()}
	}
	b, err := s.feed.Next(ctx)
	if err != nil {
		return comparePulled{err: err}
	}
	p.batch = b
	if b.Begin {
		own, there := s.keys.Lookup(s.own)
		s.keys.BeginListing()
		if there { // the feed does not report it
			s.keys.Put(own, time.Time{})
		}
	}
	for _, e := range b.Events {
		s.take(e, &p.touched)
	}
	if b.Synced {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, gone := range s.keys.EndListing(time.Time{}).Keys {
			s.room.Give(gone.Key)
			p.touched.add(gone.Key)
		}
	}
	p.batch.Events = nil
	return p
}

// comparePulled is a batch that is in the tree of its side.
type comparePulled struct {
	pane    *comparePane
	gen     int
	side    int
	batch   kv.Batch
	touched touchedKeys
	err     error
}

// pullFrom waits for a side's next batch.
func (p *comparePane) pullFrom(side int, pause time.Duration) tea.Cmd {
	s, ctx, gen := p.sides[side], p.ctx, p.gen
	if s.feed == nil {
		return nil
	}
	return func() tea.Msg {
		r := s.pull(ctx, pause)
		if r.err != nil {
			s.close() // nothing pulls any more
		}
		r.pane, r.gen, r.side = p, gen, side
		return r
	}
}

func (r comparePulled) apply(*Model) tea.Cmd {
	p := r.pane
	if r.gen != p.gen || r.err != nil {
		return nil
	}
	s := p.sides[r.side]
	back := s.state.OutOfContact() && !r.batch.State.OutOfContact()
	s.state, s.since, s.err = r.batch.State, r.batch.Since, nil
	if r.batch.State.OutOfContact() {
		s.err = r.batch.Err
	} else {
		s.unseen = r.batch.Err
	}
	if r.touched.err != nil { // nothing is claimed of a part
		p.err = r.touched.err
		return p.fail()
	}
	if back {
		p.err = nil
	}
	p.touch(r.side, r.touched) // the pass sees what the first listing brings
	s.ready = s.ready || r.batch.Synced
	if s.state.OutOfContact() && p.stop != nil {
		p.stop() // it would wait for answers in vain
	}
	pause := time.Duration(0)
	if s.state == kv.Live {
		pause = pullEvery
	}
	return p.pullFrom(r.side, pause)
}

// touch has keys of a side compared again.
func (p *comparePane) touch(side int, t touchedKeys) {
	if p.live == nil || !p.sides[side].ready {
		return
	}
	if t.all {
		p.live.Restart()
	}
	for _, key := range t.keys {
		p.live.Touch(side, key)
	}
}

// watchOwn follows the key that is a place itself, which its feed does not report.
func (p *comparePane) watchOwn(side int) tea.Cmd {
	s, ctx, gen := p.sides[side], p.ctx, p.gen
	if s.shared || s.still != "" || s.own == "" {
		return nil
	}
	return func() tea.Msg {
		pairs, err := s.place.Store.Watch(s.own, ctx.Done())
		if err != nil {
			return compareOwn{pane: p, gen: gen, side: side, err: err}
		}
		return seeOwn(ctx, p, gen, side, s, pairs)()
	}
}

// seeOwn waits for the next state of the key.
func seeOwn(ctx context.Context, p *comparePane, gen, side int, s *compareSide, pairs <-chan *kv.KVPair) tea.Cmd {
	return func() tea.Msg {
		pair, ok := <-pairs
		if !ok {
			return nil
		}
		return compareOwn{pane: p, gen: gen, side: side, event: ownEvent(ctx, s.place.Store, s.own, pair), pairs: pairs}
	}
}

// compareOwn is a state of the key that is a place itself.
type compareOwn struct {
	pane  *comparePane
	gen   int
	side  int
	event kv.Event
	pairs <-chan *kv.KVPair
	err   error
}

func (r compareOwn) apply(*Model) tea.Cmd {
	p := r.pane
	switch {
	case r.gen != p.gen:
		return nil
	case r.err != nil:
		p.sides[r.side].unseen = r.err
		return nil
	}
	var touched touchedKeys
	p.sides[r.side].take(r.event, &touched)
	p.touch(r.side, touched)
	return seeOwn(p.ctx, p, r.gen, r.side, p.sides[r.side], r.pairs)
}
