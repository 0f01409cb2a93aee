package tui

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/internal/moments"
	"kvist/keymap"
	"kvist/kv"
)

// noHistory says why there is no past to show.
const noHistory = "only etcd over its v3 API keeps former states; what this kvist itself saw is in the changes (%s) and the journal (%s)"

// historian returns the store's history.
func (m *Model) historian() (kv.Historian, bool) { return kv.As[kv.Historian](m.present().store) }

func (m *Model) canTravel() bool {
	_, ok := m.historian()
	return ok
}

// datedPane is a pane whose rows stand for moments, such as versions of a key.
type datedPane interface {
	// moment returns the revision of the row under the cursor; 0 if it has none.
	moment() uint64
}

// askTravel asks which moment to show. On a row that stands for one, it is that.
func (m *Model) askTravel() tea.Cmd {
	if !m.mayTravel() {
		return nil
	}
	p := &prompt{title: "Show everything as of", hint: m.travelHint(), low: true}
	p.done = func(m *Model, text string) tea.Cmd {
		if text == "" {
			return nil
		}
		wish, err := moments.Parse(text, m.now())
		if err != nil {
			p.fault = explain.Sentence(err.Error()) + "."
			return nil
		}
		cmd, err := m.travelAs(wish)
		if err != nil {
			p.fault = explain.Sentence(err.Error()) + "."
		}
		return cmd
	}
	text := ""
	if on, ok := m.focus.(datedPane); ok && on.moment() != 0 {
		text = strconv.FormatUint(on.moment(), 10)
	}
	return m.openPrompt(p, text)
}

// mayTravel reports whether there is a past to go to, and says so if there is not.
func (m *Model) mayTravel() bool {
	switch {
	case !m.canTravel():
		m.notice.warn(m.now(), fmt.Sprintf(noHistory, m.keyFor(keymap.ScopeGlobal, keymap.ChangesOpen), m.keyFor(keymap.ScopeGlobal, keymap.JournalOpen)))
		return false
	case len(m.present().saving) > 0:
		m.notice.warn(m.now(), "a value is being saved: wait for its answer first")
		return false
	}
	return true
}

// travelHint says what can be typed, and which revisions this session saw.
func (m *Model) travelHint() string {
	seen := &m.present().seen
	first, at, ok := seen.First()
	if !ok {
		return moments.Forms
	}
	return fmt.Sprintf("%s · seen here: revisions %d (%s) to %d", moments.Forms, first, at.Local().Format("15:04:05"), seen.Newest())
}

// travelAs goes to the moment that was asked for. Its error says why the moment
// cannot be named by a revision.
func (m *Model) travelAs(wish moments.Wish) (tea.Cmd, error) {
	switch {
	case wish.Now && m.asOf == nil:
		m.notice.say(m.now(), "this is now")
		return nil, nil
	case wish.Now:
		return m.leavePast(), nil
	case wish.Back > 0:
		return m.travelBack(wish.Back), nil
	case wish.Revision > 0:
		return m.travelTo(wish.Revision), nil
	}
	revision, err := m.present().seen.At(wish.At, m.now())
	if err != nil {
		return nil, err
	}
	return m.travelTo(revision), nil
}

// travelTo shows everything as of a revision.
func (m *Model) travelTo(revision uint64) tea.Cmd {
	return m.travel("revision "+strconv.FormatUint(revision, 10), func(ctx context.Context, h kv.Historian) (arrival, error) {
		return arriveAt(ctx, h, revision)
	})
}

// travelBack shows everything as of so many revisions before the one that is shown.
func (m *Model) travelBack(by uint64) tea.Cmd {
	from := uint64(0)
	if m.asOf != nil {
		from = m.asOf.revision
	}
	return m.travel("the revision "+strconv.FormatUint(by, 10)+" before", func(ctx context.Context, h kv.Historian) (arrival, error) {
		if from == 0 {
			newest, err := h.Revision(ctx)
			if err != nil {
				return arrival{}, err
			}
			from = newest
		}
		if from <= by {
			return arrival{}, fmt.Errorf("there are only %d revisions before", from-1)
		}
		return arriveAt(ctx, h, from-by)
	})
}

// arrival is a moment that was found, and the store as it was then.
type arrival struct {
	revision uint64
	store    kv.Store // nil if there was no such moment
	step     bool     // to a change of subject, which is to be shown
	subject  string
	said     string // why there is no such moment

	// changes are what is between the moment that was shown and this one, of that tree.
	changes []kv.Difference
	of      treeMoment // the zero value if they are not known
}

// treeMoment names a tree that holds all keys of a moment.
type treeMoment struct {
	revision uint64
	gen      int // of the feed that filled it
}

// moment returns which moment the tree holds; the zero value if that is not all of one.
func (m *Model) moment() treeMoment {
	f := &m.feed
	if m.asOf == nil || !f.ready || f.state != kv.Live || f.intake != nil || f.err != nil || f.partial || f.paused || f.unleased || m.asOf.cut || m.root != m.opts.Prefix {
		return treeMoment{}
	}
	return treeMoment{m.asOf.revision, f.gen}
}

// changesMost is how many keys may differ for a tree to be changed rather than listed
// anew.
const changesMost = 1000

// compare finds out what is between the moment that is shown and the one that was found.
func (a *arrival) compare(ctx context.Context, h kv.Historian, dir string, shown treeMoment) {
	if a.store == nil || shown.revision == 0 {
		return
	}
	changes, err := h.Differences(ctx, dir, shown.revision, a.revision, changesMost)
	if err == nil { // else all is listed
		a.changes, a.of = changes, shown
	}
}

// arriveAt reads a revision.
func arriveAt(ctx context.Context, h kv.Historian, revision uint64) (arrival, error) {
	store, err := h.At(ctx, revision)
	return arrival{revision: revision, store: store}, err
}

// travel looks for a moment beside the update loop and shows it.
func (m *Model) travel(to string, find func(context.Context, kv.Historian) (arrival, error)) tea.Cmd {
	if !m.mayTravel() {
		return nil
	}
	h, _ := m.historian()
	ctx, cancel := context.WithCancel(m.ctx)
	t := &travelling{to: to, cancel: cancel}
	m.open(t)
	shown, dir := m.moment(), m.opts.Prefix
	return func() tea.Msg {
		defer cancel()
		found, err := find(ctx, h)
		if err == nil {
			found.compare(ctx, h, dir, shown)
		}
		return travelled{t, found, err}
	}
}

// travelling stands on top while a moment is looked for: what is typed meanwhile
// acts on nothing.
type travelling struct {
	to     string
	cancel context.CancelFunc
	more   int // further steps that were asked for; negative for backwards
	unscrolled
}

func (t *travelling) scope() keymap.Scope { return keymap.ScopePrompt }

func (t *travelling) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if a == keymap.DialogCancel {
		t.cancel()
		m.close(t)
	}
	return nil, true
}

// view draws nothing: most moments are found before anybody could notice.
func (t *travelling) view(*Model, int, int) dialogView { return dialogView{} }

func (t *travelling) waits(m *Model) string {
	return "going to " + t.to + "…; " + m.keyFor(keymap.ScopePrompt, keymap.DialogCancel) + " gives up"
}

// travelled is the result of travel.
type travelled struct {
	by  *travelling
	to  arrival
	err error
}

func (r travelled) apply(m *Model) tea.Cmd {
	wanted := m.top() == surface(r.by)
	m.close(r.by)
	switch {
	case !wanted || m.isOver():
		if r.to.store == nil {
			return nil
		}
		return closeStore(r.to.store)
	case r.err != nil:
		m.notice.warn(m.now(), m.whyNotThere(r.err))
		return nil
	case r.to.store == nil:
		m.notice.warn(m.now(), r.to.said)
		return nil
	}
	m.notice = notice{}
	var cmd tea.Cmd
	if m.asOf == nil {
		cmd = m.enterPast(r.to)
	} else {
		cmd = m.moveTo(r.to)
	}
	if r.by.more == 0 {
		return cmd
	}
	p := m.shown()
	further := p.stepBy(r.by.more)
	if p != m {
		further = p.elsewhere(further)
	}
	return tea.Batch(cmd, further)
}

// whyNotThere says why a moment cannot be shown.
func (m *Model) whyNotThere(err error) string {
	var future *kv.FutureError
	var compacted *kv.CompactedError
	switch {
	case errors.As(err, &future) && future.Newest != 0 && m.present().seen.Newest() >= future.Revision:
		return fmt.Sprintf("the store was restored to an older state: this kvist saw revision %d, but the store is at %d", future.Revision, future.Newest)
	case errors.As(err, &future):
		return explain.Sentence(future.Error())
	case errors.As(err, &compacted):
		return explain.Sentence(compacted.Error())
	}
	return explain.Error(err)
}

// keptEvery is how often the store is asked whether it still keeps what is shown, so
// that a compaction is told before something is looked for in vain.
const keptEvery = 5 * time.Second

// keptDue says that it is time to ask.
type keptDue struct{}

func (keptDue) apply(m *Model) tea.Cmd {
	h, ok := m.historian()
	if !ok || m.asOf.left {
		return nil
	}
	revision := m.asOf.revision
	return func() tea.Msg {
		ctx, cancel := m.timeout()
		defer cancel()
		store, err := h.At(ctx, revision)
		if err == nil {
			store.Close()
		}
		return keptTold{revision, err}
	}
}

// keptTold is the answer.
type keptTold struct {
	revision uint64
	err      error
}

func (r keptTold) apply(m *Model) tea.Cmd {
	if m.asOf.left {
		return nil
	}
	if r.revision == m.asOf.revision {
		m.noteCompacted(r.err)
	}
	return m.after(keptEvery, keptDue{})
}

// isOver reports whether an error says that a moment of the past cannot be read any
// more.
func isOver(err error) bool { return errors.Is(err, kv.ErrCompacted) || errors.Is(err, kv.ErrFuture) }

// noteCompacted says, once, that the revision that is shown was compacted.
func (m *Model) noteCompacted(err error) {
	if err == nil || m.asOf == nil || m.asOf.lost || m.asOf.left {
		return
	}
	var future *kv.FutureError
	var compacted *kv.CompactedError
	switch {
	case errors.As(err, &future):
		m.asOf.lost = true
		m.notice.warn(m.now(), m.whyNotThere(err)+". What was read stays; the rest cannot be read any more")
	case errors.As(err, &compacted):
		m.asOf.lost, m.asOf.oldest = true, compacted.Oldest
		text := "revision " + m.asOf.name() + " has been compacted: what was not read yet is gone"
		if compacted.Oldest != 0 {
			text += "; the oldest that is kept is " + strconv.FormatUint(compacted.Oldest, 10)
		}
		m.notice.warn(m.now(), text)
	}
}
