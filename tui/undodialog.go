package tui

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/journal"
	"kvist/internal/textdiff"
	"kvist/internal/undo"
	"kvist/keymap"
	"kvist/kv"
)

// undoDialog shows what undoing an entry of the journal puts back, then the
// progress, then what was put back.
type undoDialog struct {
	undo    *undo.Undo    // nil while the entry is looked for
	answers []undo.Answer // what the store shows of writes to which it had never answered
	found   time.Time     // its age is told as of then, since a dialog that changes must be read anew
	will    undo.Summary
	did     *undo.Summary
	err     error
	cancel  context.CancelFunc
	running bool
	done    atomic.Int64 // how many records were looked at; written by the command
	change  diffSide     // what undoing a single write changes
	body    []string     // without the rows of change
	asked   int          // how many lines of body are the question itself
	viewport
	keyCount
	seen int // how many of its lines have been in sight
}

// canUndo reports whether anything is recorded that could be undone.
func (m *Model) canUndo() bool { return m.journal() != nil && !m.opts.ReadOnly }

// journal returns the journal of the store; nil if there is none.
func (m *Model) journal() *journal.Journal {
	if m.opts.Journal == nil {
		return nil
	}
	return m.opts.Journal()
}

// undoLast shows what undoing the newest write puts back.
func (m *Model) undoLast() tea.Cmd {
	dir, passed := m.opts.Prefix, maps.Clone(m.noUndo)
	return m.openUndo(func(j *journal.Journal) (journal.Entry, error) { return undo.LastOwn(j, dir, passed) })
}

// openUndo opens the dialog about the entry that find returns.
func (m *Model) openUndo(find func(*journal.Journal) (journal.Entry, error)) tea.Cmd {
	j := m.journal()
	switch {
	case m.opts.ReadOnly:
		m.notice.warn(m.now(), "read-only profile: nothing can be undone")
		return nil
	case j == nil:
		m.notice.warn(m.now(), "there is no journal, so nothing can be undone")
		return nil
	}
	ctx, cancel := context.WithCancel(m.ctx)
	d := &undoDialog{cancel: cancel}
	m.open(d)
	store, dir := m.store, m.opts.Prefix
	return func() tea.Msg {
		r := undoFound{dialog: d}
		e, err := undo.Answered(ctx, store, j, func() (journal.Entry, error) { return find(j) }, func(a undo.Answer) {
			r.answers = append(r.answers, a)
		})
		if err != nil {
			r.err = err
			return r
		}
		r.undo = &undo.Undo{Store: store, Journal: j, Entry: e, Dir: dir, Progress: func(n int) { d.done.Store(int64(n)) }}
		r.will, r.err = r.undo.Preview(ctx)
		return r
	}
}

// undoFound is the result of working out an undo.
type undoFound struct {
	dialog  *undoDialog
	answers []undo.Answer
	undo    *undo.Undo
	will    undo.Summary
	err     error
}

func (r undoFound) apply(m *Model) tea.Cmd {
	d := r.dialog
	switch {
	case errors.Is(r.err, context.Canceled):
		m.close(d)
	case errors.Is(r.err, undo.ErrNothing):
		m.close(d)
		said := "nothing left to undo in this store"
		if len(m.noUndo) > 0 {
			said = "nothing older that could be undone in this store"
		}
		m.notice.say(m.now(), answersSaid(r.answers)+said)
	case errors.Is(r.err, undo.ErrOthers), errors.As(r.err, new(*undo.AskedError)):
		m.close(d)
		m.notice.say(m.now(), answersSaid(r.answers)+r.err.Error()+"; the journal lists it: "+m.keyFor(keymap.ScopeGlobal, keymap.JournalOpen))
	}
	d.undo, d.will, d.err, d.seen, d.found, d.answers = r.undo, r.will, r.err, 0, m.now(), r.answers
	if d.stuck() {
		m.passOver(d.undo.Entry.ID)
	}
	if s, ok := d.single(); ok {
		now, then := valueOf(s.Now), valueOf(s.Write.After)
		d.change = newDiffSide("", s.Write.Key, textdiff.Compare(s.Write.Key, now, then), len(now), len(then))
		if len(now)+len(then) == 0 && (s.Now == nil) != (s.Write.After == nil) {
			d.change.remarks = []string{"the value is empty"} // the key comes or goes all the same
		}
	}
	return nil
}

// single returns the step of a single write.
func (d *undoDialog) single() (undo.Step, bool) {
	if d.undo == nil || d.undo.Entry.Plan != nil || len(d.will.First) == 0 {
		return undo.Step{}, false
	}
	return d.will.First[0], true
}

// valueOf returns a node's value; nil for no node.
func valueOf(n *kv.Node) []byte {
	if n == nil {
		return nil
	}
	return n.Value
}

func (d *undoDialog) scope() keymap.Scope { return keymap.ScopeUndo }

func (d *undoDialog) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if d.moved(a) {
		return nil, true
	}
	switch a {
	case keymap.ValueReveal:
		if s, ok := d.single(); ok {
			return m.revealKey(s.Write.Key), true
		}
		return nil, true
	case keymap.UndoYes:
		return agree(m, d), true
	case keymap.PlanCount:
		return counted(m, d), true
	case keymap.UndoCompare:
		return d.compare(m), true
	case keymap.UndoOlder:
		return d.older(m), true
	case keymap.DialogCancel:
		if d.running || d.undo == nil && d.err == nil {
			d.cancel()
			return nil, true // the report says what was done
		}
		m.close(d)
		return nil, true
	}
	return nil, false
}

// asks reports whether the dialog waits for an answer.
func (d *undoDialog) asks() bool {
	return d.undo != nil && d.err == nil && !d.running && d.did == nil && !d.will.Nothing()
}

func (d *undoDialog) typed(m *Model, msg tea.Msg) tea.Cmd { return typeCount(m, d, msg) }
func (d *undoDialog) takesText(m *Model) bool             { return counts(m, d) }

// size returns how many keys are put back or deleted.
func (d *undoDialog) size() int { return d.will.Restored + d.will.Deleted }

// agreed puts back what the dialog shows, if it waits for an answer.
func (d *undoDialog) agreed(m *Model) tea.Cmd {
	if !d.asks() {
		return nil
	}
	return m.permit(d.run)
}

// stuck reports whether the dialog shows that nothing can be put back.
func (d *undoDialog) stuck() bool {
	return d.undo != nil && !d.running && d.did == nil && (undo.Barred(d.err) || d.err == nil && d.will.Nothing())
}

// older goes on to the next older write, from one of which nothing can be put back.
func (d *undoDialog) older(m *Model) tea.Cmd {
	if !d.stuck() {
		return nil
	}
	m.close(d)
	dir, id, passed := m.opts.Prefix, d.undo.Entry.ID, maps.Clone(m.noUndo)
	return m.openUndo(func(j *journal.Journal) (journal.Entry, error) { return undo.OlderOwn(j, dir, id, passed) })
}

// inConflict returns the step of a single write over which somebody else wrote.
func (d *undoDialog) inConflict() (undo.Step, bool) {
	s, ok := d.single()
	return s, ok && s.Conflict && d.did == nil
}

// compare shows the Conflict of what kvist wrote, what somebody else wrote since,
// and what would be put back.
func (d *undoDialog) compare(m *Model) tea.Cmd {
	s, ok := d.inConflict()
	if !ok || s.Write.After == nil {
		return nil
	}
	if m.editor != nil {
		return m.backToEditor(false)
	}
	if _, typed := m.draftOf(s.Write.Key); typed {
		return m.refuse("There is a draft of " + cleanName(s.Write.Key) + ". Save or discard it first.")
	}
	e := newEdit(s.Write.Key, nil)
	e.putsBack = true
	if after := s.Record.After; after != nil {
		e.base = &kv.KVPair{Key: s.Write.Key, Value: after.Value, LastIndex: s.Record.Index}
	}
	var theirs *kv.KVPair
	if s.Now != nil {
		theirs = &kv.KVPair{Key: s.Now.Key, Value: s.Now.Value, LastIndex: s.Now.Index}
	}
	m.close(d)
	m.openConflict(e, s.Write.After.Value, theirs)
	return nil
}

// run puts back what the dialog shows.
func (d *undoDialog) run(m *Model) tea.Cmd {
	if !d.asks() {
		return nil
	}
	ctx, cancel := context.WithCancel(m.ctx)
	d.cancel, d.running = cancel, true
	d.done.Store(0)
	u := d.undo
	return tea.Batch(func() tea.Msg {
		defer cancel()
		did, err := u.Run(ctx)
		return undoDone{d, did, err}
	}, m.watch(d))
}

func (d *undoDialog) underWay() bool { return d.running }

// undoDone is the result of an undo.
type undoDone struct {
	dialog *undoDialog
	did    undo.Summary
	err    error
}

func (r undoDone) apply(m *Model) tea.Cmd {
	d := r.dialog
	d.running, d.did, d.err, d.top = false, &r.did, r.err, 0
	m.value.stale = true
	if r.err == nil && r.did.InUse() {
		m.passOver(d.undo.Entry.ID)
	}
	whole := r.err == nil && len(r.did.Conflicts) == 0 && len(r.did.Stay) == 0 && len(r.did.Failed) == 0 && r.did.Left == 0 &&
		r.did.Used <= d.will.Used
	if !whole || len(r.did.Unkept) > 0 && d.undo.Entry.Plan != nil {
		return nil
	}
	m.close(d)
	m.notice.say(m.now(), d.said())
	return nil
}

// passOver lets u go on to what is older than an entry.
func (m *Model) passOver(id string) {
	if m.noUndo == nil {
		m.noUndo = map[string]bool{}
	}
	m.noUndo[id] = true
}

// said says what the undo did.
func (d *undoDialog) said() string {
	s, done, put := d.did, "undone", "put back "
	if d.redoes() {
		done, put = "done again", "wrote "
	}
	switch {
	case s.Restored+s.Deleted == 0:
		return "not " + done + ": " + d.what()
	case s.Restored == 0:
		put = "deleted " + plural(s.Deleted, "key")
	case s.Deleted == 0:
		put += plural(s.Restored, "key")
	default:
		put += plural(s.Restored, "key") + " and deleted " + grouped(s.Deleted)
	}
	return done + ", " + put + ": " + d.what()
}

// redoes reports whether the dialog is about doing something again.
func (d *undoDialog) redoes() bool { return d.undo != nil && undo.Redoes(&d.undo.Entry) }

// what names what is undone, or done again.
func (d *undoDialog) what() string {
	if d.redoes() {
		return entryDeed(&d.undo.Entry)
	}
	return entryTitle(&d.undo.Entry)
}

// entryTitle names an entry of the journal: what was done, taken back or done
// again, and to which key.
func entryTitle(e *journal.Entry) string {
	switch {
	case undo.Redoes(e):
		return "undo " + entryDeed(e)
	case e.Undoes != "":
		return "redo " + entryDeed(e)
	}
	return entryDeed(e)
}

// entryDeed names what was done at first, and to which key.
func entryDeed(e *journal.Entry) string {
	if e.Plan != nil {
		return clean(undo.Deed(e.Plan))
	}
	return clean(undo.Verb(&e.Record)) + " " + cleanName(e.Key)
}
