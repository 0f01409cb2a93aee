package tui

import (
	"context"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
	"kvist/tui/tree"
)

// since is how the past differs from now. A key's own difference is looked up in
// both trees when its row is drawn; which folders contain differences, and how many
// there are, is found out beside the update loop.
type since struct {
	known     *tree.Differences // nil until the trees were compared once
	stale     bool              // a tree has changed since
	comparing bool
	due       time.Time // when they may be compared again
	gen       int
}

// again has the trees compared again, for another moment.
func (s *since) again() {
	s.gen++
	s.known, s.stale, s.comparing, s.due = nil, true, false, time.Time{}
}

// sinceWatch notes that the tree of now has changed, behind the past.
type sinceWatch struct{}

func (sinceWatch) feedChanged(m *Model, _ treeChange) {
	if m.past != nil {
		m.past.asOf.since.stale = true
		m.past.frame.stale = true
	}
}

func (sinceWatch) feedBegan(*Model, kv.Batch, time.Time) {}

func (sinceWatch) feedEnded(m *Model, _ takenBatch) tea.Cmd {
	if m.past != nil {
		m.past.frame.stale = true // the state of now is in its status line
	}
	return nil
}

const (
	// compareEvery is the shortest time between two comparisons with now, and
	// compareShare how many times as long as the last one it is at least.
	compareEvery = time.Second
	compareShare = 10
)

// compareAgain compares the past with now, if that is due. The explorer of now calls
// it too, since its feed makes it due.
func (m *Model) compareAgain() tea.Cmd {
	if m.past != nil {
		return m.past.elsewhere(m.past.compareAgain())
	}
	if m.asOf == nil || !m.asOf.since.stale || m.asOf.since.comparing || m.asOf.left || !m.comparable() {
		return nil
	}
	s := &m.asOf.since
	s.stale, s.comparing = false, true
	older, newer, ctx, gen, pause := m.tree.tree, m.asOf.now.tree.tree, m.ctx, s.gen, s.due.Sub(m.now())
	return func() tea.Msg {
		if pause > 0 && !sleep(ctx, pause) {
			return nil
		}
		return compareTrees(ctx, gen, older, newer)
	}
}

// comparable reports whether both trees are complete.
func (m *Model) comparable() bool {
	now := &m.asOf.now.feed
	return m.feed.ready && m.feed.state != kv.Listing && !m.feed.partial && !m.asOf.cut && now.ready && !now.partial
}

func compareTrees(ctx context.Context, gen int, older, newer *tree.Tree) tea.Msg {
	began := time.Now()
	d := tree.Differ(older, newer, func() bool { return ctx.Err() != nil })
	return compared{gen, d, time.Since(began)}
}

// compared is the result of comparing the trees.
type compared struct {
	gen  int
	with *tree.Differences // nil if it was stopped
	took time.Duration
}

func (r compared) apply(m *Model) tea.Cmd {
	s := &m.asOf.since
	if r.gen != s.gen || r.with == nil {
		return nil
	}
	s.comparing, s.known = false, r.with
	s.due = m.now().Add(max(compareEvery, compareShare*r.took))
	return nil
}

// difference is how a row of the past differs from now.
type difference uint8

const (
	sameNow difference = iota
	changedSince
	goneSince
	insideSince // something in the folder has changed or is gone
)

// differs returns how a row differs from now, and the key as it is now. Without
// knowledge of now, nothing is claimed.
func (m *Model) differs(row tree.Row) (difference, tree.Entry) {
	now := m.asOf.now
	if row.Ghost || !now.feed.ready {
		return sameNow, tree.Entry{}
	}
	e, there := now.tree.tree.Lookup(row.Key)
	if row.IsKey {
		switch {
		case !there && !now.feed.partial:
			return goneSince, e
		case there && !e.Same(tree.Entry{Index: row.Index, Preview: row.Preview}):
			return changedSince, e
		}
	}
	if !row.IsFolder || now.feed.partial {
		return sameNow, e
	}
	if _, there := now.tree.tree.Count(row.Key); !there {
		return goneSince, e
	}
	if d := m.asOf.since.known; d != nil && d.Inside(row.Key) {
		return insideSince, e
	}
	return sameNow, e
}

// sinceSign returns the sign of a row that differs from now.
func (m *Model) sinceSign(row tree.Row) (string, ink) {
	l := m.look
	switch d, _ := m.differs(row); d {
	case changedSince:
		return l.signs.ChangedSince, l.warn
	case goneSince:
		return l.signs.GoneSince, l.danger
	case insideSince:
		return l.signs.Inside, l.warn
	}
	return " ", l.text
}

// sinceWords says how the row under the cursor differs from now.
func (m *Model) sinceWords(row tree.Row) string {
	if m.asOf == nil {
		return ""
	}
	switch d, e := m.differs(row); d {
	case changedSince:
		return " · changed since, at revision " + strconv.FormatUint(e.Index, 10)
	case goneSince:
		return " · gone now"
	case insideSince:
		if n, _ := m.asOf.now.tree.tree.Count(row.Key); n != row.Count {
			return " · differs from now, when it has " + plural(n, "key")
		}
		return " · differs from now inside"
	}
	return ""
}

// cameText counts the keys that came since and are not in the tree.
func (a *asOf) cameText() string {
	if a == nil || a.since.known == nil || a.since.known.Came == 0 {
		return ""
	}
	return "  " + grouped(a.since.known.Came) + " came since"
}

// pastSegments returns the parts of the status line in the past. All have the same
// ink, so that the whole line says that this is not now.
func (m *Model) pastSegments() []segment {
	in, a := m.look.statusPast, m.asOf
	as := "AS OF REVISION " + a.name()
	switch {
	case !a.at.IsZero():
		as += " (" + ago(m.now(), a.at) + ")"
	case !a.before.IsZero():
		as += " (before " + a.before.Local().Format("15:04") + ")"
	}
	segments := []segment{{text: as, ink: in, weight: 100}}
	add := func(text string, weight int) {
		segments = append(segments, segment{text: text, ink: in, weight: weight})
	}
	addSome := func(n int, what string, weight int) {
		if n > 0 {
			add(grouped(n)+what, weight)
		}
	}
	if a.lost {
		add("compacted", 12)
	}
	if m.opts.Profile != "" {
		add(clean(m.opts.Profile), 11)
	}
	address := segment{text: clean(m.opts.Address), ink: in, weight: addressWeight, cut: true}
	if m.opts.Profile == "" {
		address.weight = stayWeight
	}
	segments = append(segments, address)
	add("no writes", 11)
	segments = append(segments, m.markSegments(in)...)
	switch f := m.feed; {
	case f.paused:
		add(m.look.signs.Broken+" paused", 12)
	case f.state == kv.Listing, f.state.OutOfContact():
		add(m.feedSegment().text, 12)
	}
	add(m.keyCount(), 5)
	if m.feed.unleased {
		add("lease marks missing", 8)
	}
	if d := a.since.known; d != nil {
		addSome(d.Changed, " changed", 3)
		addSome(d.Gone, " gone", 4)
		addSome(d.Came, " came since", 7)
	}
	if f := a.now.feed; f.state.OutOfContact() {
		add("now: "+f.state.String(), 9)
	}
	return segments
}
