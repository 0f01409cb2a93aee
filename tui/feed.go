package tui

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

const (
	// pullEvery limits how often live batches reach the screen. The first change
	// after a pause comes at once; in a burst, the feed collects the others.
	pullEvery = 50 * time.Millisecond
	// gatherFor is how long the batches of a listing are collected, and gatherMax
	// how many events. A frame for each batch would cost more than the tree, and a
	// key press waits while what was collected is taken in.
	gatherFor = 40 * time.Millisecond
	gatherMax = 20_000
)

// feedState is the state of the feed.
type feedState struct {
	feed   kv.Feed
	gen    int // the number of the feed; results of older ones are dropped
	state  kv.State
	ready  bool // a listing has ended at least once
	listed int
	err    error
	missed kv.Missed
	missAt time.Time

	intake *intake // what was pulled and is still to be taken in; nil for nothing

	paused   bool      // by the user: nothing is followed until the next refresh
	expected int       // how many keys the listing will bring, if the store says so
	unleased bool      // some keys came without their leases
	partial  bool      // only open folders are followed
	scoped   int       // the tree's folds when the feed was told which folders are open
	since    time.Time // when contact was lost; zero while there is contact
	attempt  int       // how many attempts have failed since
	watches  int       // on the server, of a budget
	budget   int
	last     time.Time // when something changed last
	pulled   time.Time
}

// openFeed follows the prefix from the beginning, in place of the last feed.
func (m *Model) openFeed() tea.Cmd {
	old := m.feed.feed
	m.feed.gen++
	m.feed.feed, m.feed.intake, m.feed.paused, m.feed.scoped = nil, nil, false, -1
	m.feed.take(kv.Batch{State: kv.Listing})
	gen, store, prefix, t := m.feed.gen, m.store, m.opts.Prefix, m.tree.tree
	return func() tea.Msg {
		if old != nil {
			old.Close()
		}
		feed, err := kv.Follow(store, prefix, kv.FollowOptions{Partial: true, Open: t.OpenFolders(scopeMax)})
		return feedOpened{gen, feed, err}
	}
}

// feedOpened is the result of openFeed.
type feedOpened struct {
	gen  int
	feed kv.Feed
	err  error
}

func (r feedOpened) apply(m *Model) tea.Cmd {
	switch {
	case r.gen != m.feed.gen:
		if r.feed != nil {
			return closeFeed(r.feed)
		}
		return nil
	case errors.Is(r.err, kv.ErrInvalidKey) && !m.inTabs(): // there can be no such folder
		m.fault = r.err
		return m.quitAnswered()
	case r.err != nil:
		m.feed.state, m.feed.err = kv.Reconnecting, r.err
		return nil
	}
	m.feed.feed = r.feed
	return pull(m.ctx, r.gen, r.feed, 0, false)
}

// pauseListing stops the listing; false when there is none. The keys that are known
// stay, but are no longer live.
func (m *Model) pauseListing() (tea.Cmd, bool) {
	f := &m.feed
	if f.feed == nil || f.state != kv.Listing {
		return nil, false
	}
	old := f.feed
	f.gen++
	f.feed, f.intake, f.paused = nil, nil, true
	m.observers.stopped(m)
	m.notice.warn(m.now(), "loading stopped: the list is incomplete and not live; "+m.keyFor(keymap.ScopeGlobal, keymap.AppRefresh)+" reloads")
	return closeFeed(old), true
}

// closeFeed closes a feed that is no longer needed.
func closeFeed(feed kv.Feed) tea.Cmd {
	return func() tea.Msg {
		feed.Close()
		return nil
	}
}

// pull waits for the feed's next batch, after a pause, and for more of a listing
// that comes soon. Only one pull is under way at a time.
func pull(ctx context.Context, gen int, feed kv.Feed, pause time.Duration, gather bool) tea.Cmd {
	return func() tea.Msg {
		if pause > 0 && !sleep(ctx, pause) {
			return nil
		}
		b, err := feed.Next(ctx)
		if err != nil {
			return batchesPulled{gen, nil, err}
		}
		r := batchesPulled{gen, []kv.Batch{b}, nil}
		if gather {
			r.gather(ctx, feed)
		}
		return r
	}
}

// batchesPulled is the result of pull.
type batchesPulled struct {
	gen     int
	batches []kv.Batch
	err     error // why there are no more
}

// gather collects more batches of a listing that come soon.
func (r *batchesPulled) gather(ctx context.Context, feed kv.Feed) {
	soon, cancel := context.WithTimeout(ctx, gatherFor)
	defer cancel()
	b := r.batches[0]
	for events := len(b.Events); b.State == kv.Listing && events < gatherMax; events += len(b.Events) {
		var err error
		if b, err = feed.Next(soon); err != nil {
			if soon.Err() == nil || ctx.Err() != nil {
				r.err = err
			}
			return
		}
		r.batches = append(r.batches, b)
	}
}

// take notes what a batch says of the feed itself.
func (f *feedState) take(b kv.Batch) {
	f.state, f.err, f.listed, f.expected = b.State, b.Err, b.Listed, b.Expected
	f.unleased = b.Unleased
	f.partial, f.watches, f.budget = b.Partial, b.Watches, b.Budget
	f.since, f.attempt = b.Since, b.Attempt
}

// isGone reports whether a key is gone after a listing, which only omits it. Where
// only a part is followed, an unknown key may still exist.
func (m *Model) isGone(key string) bool {
	_, there := m.tree.tree.Lookup(key)
	return !there && key != "" && !m.feed.partial
}

// applyEvent puts an event into the tree. It returns what that changed, and the
// entry that was there before.
func applyEvent(t *tree.Tree, e kv.Event, now time.Time) (tree.Change, tree.Entry) {
	switch e.Kind {
	case kv.DeleteEvent:
		return t.Delete(e.Key, now)
	case kv.FolderEvent:
		return t.PutFolder(e.Key, now), tree.Entry{}
	case kv.FolderGoneEvent:
		if _, ok := t.GoneFolder(e.Key, now); ok {
			return tree.Removed, tree.Entry{}
		}
		return tree.None, tree.Entry{}
	default:
		return t.Put(tree.Entry{Key: e.Key, Index: e.Index, Size: e.Size, Flags: uint8(e.Flags), Preview: e.Preview}, now)
	}
}
