package tui

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/kv"
)

// The past is an explorer of its own: a second Model, of a store that is pinned to a
// revision, on the screen instead of the first. All surfaces work in it because
// they know nothing of it. The explorer of now keeps running behind it: its feed
// goes on, and everything in it is as it was left. Input goes to the one that is on
// the screen, and results go to the one whose command it was.

// asOf is what an explorer of the past has besides an explorer of now.
type asOf struct {
	now      *Model // the explorer of now
	revision uint64
	at       time.Time // when this session saw the revision arrive; zero if it did not
	before   time.Time // when this session began to see revisions, if it was there already
	left     bool      // it is not shown any more
	settle   settling
	stepped  stepped
	since    since
	oldest   uint64 // kept by the store, once it was found that the revision is not; 0 if not known
	lost     bool   // the revision was compacted while it was shown, or the store restored
	cut      bool   // so that not all of it was listed
}

// settling is what the tree takes over once it is listed.
type settling struct {
	due    bool
	open   []string // folders
	cursor string
	line   int  // of the cursor
	step   bool // it was reached by a step: the change is to be shown
}

// traveller is a pane that needs to know that its store is another one now.
type traveller interface {
	travelled(m *Model) tea.Cmd
}

// presentPane is a pane that shows what happens now, also while the past is shown.
type presentPane interface{ ofNow() }

// present returns the explorer of now.
func (m *Model) present() *Model {
	if m.asOf != nil {
		return m.asOf.now
	}
	return m
}

// shown returns the explorer that is on the screen.
func (m *Model) shown() *Model {
	if m.past != nil {
		return m.past
	}
	return m
}

// enterPast shows the store as it was.
func (m *Model) enterPast(to arrival) tea.Cmd {
	opts := m.opts
	opts.ReadOnly, opts.Drafts, opts.Note, opts.Place = true, nil, "", nil
	p := NewModel(m.ctx, to.store, opts)
	p.opts.Prefix, p.terms, p.now = m.opts.Prefix, m.terms, m.now
	p.asOf, p.deck = &asOf{now: m}, m.deck
	p.stop()
	p.ctx, p.stop = context.WithCancel(m.ctx)
	p.width, p.height, p.look, p.dark, p.darkKnown, p.neutral = m.width, m.height, m.look, m.dark, m.darkKnown, m.neutral
	p.joined, p.jumps = m.joined, m.jumps.copy()
	p.bookmarks = m.bookmarks // they are of the same keys
	p.tree.tree.JoinChains(m.joined)
	p.asOf.settle = settling{open: m.tree.tree.OpenFolders(settleMax), cursor: m.tree.cursor, line: m.tree.line()}
	cmd := p.takeOver(m)
	p.observe()
	p.observers.add(p.asOf)
	m.past = p
	return p.elsewhere(tea.Batch(p.stand(to), cmd, p.openFeed(), p.after(keptEvery, keptDue{})))
}

// settleMax is how many open folders are open in the past as well.
const settleMax = 20_000

// takeOver shows the same panes and the same filter.
func (m *Model) takeOver(from *Model) tea.Cmd {
	var cmds []tea.Cmd
	for i, entry := range from.panes {
		if _, ok := entry.pane.(presentPane); ok {
			m.panes[i] = entry
		}
		if entry.pane == from.right && entry.pane != from.value {
			cmd, there := m.panes[i].show(m, entry.shownBy[0])
			cmds = append(cmds, cmd)
			if there {
				m.right = m.panes[i].pane
			}
		}
	}
	switch from.focus {
	case from.tree:
	case from.right:
		m.focus = m.right
	default:
		m.focus = m.value
	}
	m.notice = notice{} // such as that there was no search yet
	if from.finder.on {
		cmd, _ := m.find(from.finder.query.String()) // it was accepted there
		cmds = append(cmds, cmd)
	}
	return tea.Batch(cmds...)
}

// moveTo shows the store as it was at another revision. Folders, cursor and filter
// stay.
func (m *Model) moveTo(to arrival) tea.Cmd {
	old := m.store
	m.store = to.store
	line := m.tree.line()
	m.tree.tree.Expire(m.now().Add(litFor)) // the last step's
	m.tree.keepLine(line)
	m.asOf.settle = settling{}
	cmds := []tea.Cmd{m.stand(to)}
	for _, p := range m.panes {
		p.reload()
		if t, ok := p.pane.(traveller); ok {
			cmds = append(cmds, t.travelled(m))
		}
	}
	if m.canChange(to) {
		cmds = append(cmds, m.changeTo(to))
	} else {
		cmds = append(cmds, m.openFeed())
	}
	return tea.Batch(append(cmds, closeStore(old))...)
}

// canChange reports whether the tree becomes that of another moment by what is between
// them. Marks of locks follow from other keys.
func (m *Model) canChange(to arrival) bool {
	if to.of == (treeMoment{}) || to.of.gen != m.feed.gen {
		return false
	}
	return !slices.ContainsFunc(to.changes, func(d kv.Difference) bool {
		e, _ := m.tree.tree.Lookup(d.Key)
		locked := kv.KeyFlags(e.Flags)&kv.Locked != 0
		return locked && (d.Was == nil || d.Was.Flags&kv.Locked == 0) || !strings.HasPrefix(d.Key, m.opts.Prefix)
	})
}

// changeTo makes the tree that of another moment. No feed is needed: nothing changes
// there.
func (m *Model) changeTo(to arrival) tea.Cmd {
	f := &m.feed
	old := f.feed
	f.gen++
	f.feed = nil
	for _, d := range to.changes {
		e := kv.Event{Kind: kv.DeleteEvent, Key: d.Key, Size: -1}
		if d.Is != nil {
			e = kv.Event{Kind: kv.PutEvent, Key: d.Key, Index: d.Is.Index, Size: d.Is.Size, Flags: d.Is.Flags}
		}
		m.takeEvent(e, m.now())
	}
	cmds := m.observers.ended(m, takenBatch{Batch: kv.Batch{State: kv.Live, Synced: true}, ready: true})
	if old != nil {
		cmds = append(cmds, closeFeed(old))
	}
	return tea.Batch(cmds...)
}

// stand notes at which moment the explorer is now.
func (m *Model) stand(to arrival) tea.Cmd {
	a := m.asOf
	a.revision, a.lost, a.oldest = to.revision, false, 0
	a.at, _ = a.now.seen.When(to.revision)
	a.before = time.Time{}
	if first, at, ok := a.now.seen.First(); ok && to.revision <= first {
		a.before = at
	}
	a.settle.due, a.settle.step = true, to.step
	a.stepped = stepped{subject: to.subject, on: to.step}
	a.since.again()
	m.prefixKey.keys = nil
	return nil
}

func closeStore(s kv.Store) tea.Cmd {
	return func() tea.Msg {
		s.Close()
		return nil
	}
}

// leavePast shows the explorer of now again, as it was left.
func (m *Model) leavePast() tea.Cmd {
	now := m.asOf.now
	now.past = nil
	now.look, now.neutral = m.look, m.neutral
	now.notice.say(now.now(), "this is now again")
	now.frame.stale = true
	now.layOut()
	m.asOf.left = true
	m.stop()
	m.feed.gen++
	return tea.Batch(m.shut(), now.tick())
}

// shut returns a command that lets go of what the explorer holds.
func (m *Model) shut() tea.Cmd {
	feed, store := m.feed.feed, m.store
	m.feed.feed, m.feed.intake = nil, nil
	return func() tea.Msg {
		if feed != nil {
			feed.Close()
		}
		store.Close()
		return nil
	}
}

// refusePast says why nothing is written. It is a dialog, since whoever asked may be
// about to type.
func (m *Model) refusePast() tea.Cmd {
	return m.refuse("Nothing is written here: this is the past, as of revision " + m.asOf.name() + ". " + m.wayBack() + " goes back to now.")
}

// wayBack names the keys that lead back to now.
func (m *Model) wayBack() string {
	return m.keyFor(keymap.ScopeTree, keymap.TreeLeave) + " in the tree, or " + m.keyFor(keymap.ScopeGlobal, keymap.PastTravel) + " and \"now\","
}

// name returns the revision.
func (a *asOf) name() string { return strconv.FormatUint(a.revision, 10) }

// title returns what the terminal's title says of it.
func (a *asOf) title() string {
	if a == nil {
		return ""
	}
	return ", as of revision " + a.name()
}

// notThere says that a key is not in the tree.
func (m *Model) notThere() string {
	if m.asOf != nil {
		return " was not there at revision " + m.asOf.name()
	}
	return " is not in the tree now"
}

// feedBegan has a compaction told again when everything is listed again.
func (a *asOf) feedBegan(_ *Model, b kv.Batch, _ time.Time) {
	if b.Begin {
		a.lost, a.cut = false, false
	}
}

// feedEnded takes over what is open once there is something to open, and where the
// cursor is once all is listed.
func (a *asOf) feedEnded(m *Model, b takenBatch) tea.Cmd {
	a.cut = a.cut || isOver(b.Err)
	if b.Synced && b.Unleased {
		m.notice.warn(m.now(), "the server has the leases of the past only together with the values, which are too many to read: the marks of keys with a lease are incomplete")
	}
	m.noteCompacted(b.Err)
	if !b.Synced || !a.settle.due {
		return nil
	}
	s := a.settle
	a.settle = settling{}
	a.since.again()
	t := m.tree
	for _, folder := range s.open {
		t.tree.Open(folder)
	}
	if s.cursor != "" {
		t.cursor = s.cursor
		t.keepLine(s.line)
	}
	t.folds++
	if s.step {
		return m.findStepped()
	}
	return nil
}
