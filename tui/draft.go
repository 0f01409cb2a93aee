package tui

import (
	"errors"
	"fmt"
	"maps"
	"sync"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/drafts"
	"kvist/keymap"
	"kvist/kv"
)

// What was typed and not saved is kept in a file until it is saved or
// discarded, and offered again: at the start, and when its key is edited.

// draftFor is a draft of what stands in an edit.
func (m *Model) draftFor(e *edit, mine []byte) drafts.Draft {
	d := drafts.Draft{Address: m.opts.Address, Key: e.key, Mine: mine, At: m.now(), BaseMissing: e.base == nil}
	if e.base != nil {
		d.Base, d.BaseIndex = e.base.Value, e.base.LastIndex
	}
	return d
}

// draftWriter keeps the drafts' files in the order in which they were asked
// for, though commands run side by side: a draft that was dropped does not
// come back because an older command was slow.
type draftWriter struct {
	mu     sync.Mutex
	asked  int             // the last number given
	wanted map[string]deed // the latest deed for each key
	done   map[string]int  // the number of the latest that was carried out
}

// deed is something to be done with a key's draft.
type deed struct {
	number int
	do     func() error
}

// ask makes the command that carries out a deed on a key's draft.
func (w *draftWriter) ask(key string, do func() error) tea.Cmd {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wanted == nil {
		w.wanted, w.done = map[string]deed{}, map[string]int{}
	}
	w.asked++
	d := deed{w.asked, do}
	w.wanted[key] = d
	return func() tea.Msg {
		if err := w.carryOut(key, d); err != nil {
			return draftFailed{err}
		}
		return nil
	}
}

// carryOut does a deed, unless it or a later one was done.
func (w *draftWriter) carryOut(key string, d deed) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done[key] >= d.number {
		return nil
	}
	w.done[key] = d.number
	return d.do()
}

// finish does what is still to be done when the program ends.
func (w *draftWriter) finish() error {
	w.mu.Lock()
	rest := maps.Clone(w.wanted)
	w.mu.Unlock()
	var errs []error
	for key, d := range rest {
		errs = append(errs, w.carryOut(key, d))
	}
	return errors.Join(errs...)
}

// keepDraft keeps what was typed.
func (m *Model) keepDraft(e *edit, mine []byte) tea.Cmd {
	if m.opts.Drafts == nil {
		return nil
	}
	d := m.draftFor(e, mine)
	m.rememberDraft(d)
	return m.draftWriter.ask(d.Key, func() error { return m.opts.Drafts.Save(d) })
}

// keepLater is keepDraft for what $EDITOR will leave behind.
func (m *Model) keepLater(e *edit, run *editorRun) tea.Cmd {
	if m.opts.Drafts == nil {
		return nil
	}
	return m.draftWriter.ask(e.key, func() error {
		if run.mine == nil {
			return nil
		}
		return m.opts.Drafts.Save(m.draftFor(e, run.mine))
	})
}

// dropDraft forgets the draft of a key that was saved or given up.
func (m *Model) dropDraft(key string) tea.Cmd {
	if m.opts.Drafts == nil {
		return nil
	}
	delete(m.drafts, key)
	return m.draftWriter.ask(key, func() error { return m.opts.Drafts.Remove(m.opts.Address, key) })
}

// draftFailed says that drafts cannot be kept.
type draftFailed struct{ err error }

func (r draftFailed) apply(m *Model) tea.Cmd {
	m.notice.fail(m.now(), fmt.Errorf("the draft was not kept: %w", r.err))
	return nil
}

// rememberDraft notes that there is a draft.
func (m *Model) rememberDraft(d drafts.Draft) {
	if m.drafts == nil {
		m.drafts = map[string]drafts.Draft{}
	}
	m.drafts[d.Key] = d
}

// draftOf is the draft of a key, if one was kept.
func (m *Model) draftOf(key string) (drafts.Draft, bool) {
	d, ok := m.drafts[key]
	return d, ok
}

// loadDrafts reads the drafts that earlier runs left.
func (m *Model) loadDrafts() tea.Cmd {
	if m.opts.Drafts == nil {
		return nil
	}
	store, address := m.opts.Drafts, m.opts.Address
	return func() tea.Msg {
		list, err := store.List(address)
		return draftsLoaded{list, err}
	}
}

// draftsLoaded is the result of loadDrafts.
type draftsLoaded struct {
	list []drafts.Draft
	err  error
}

func (r draftsLoaded) apply(m *Model) tea.Cmd {
	for _, d := range r.list {
		m.rememberDraft(d)
	}
	switch {
	case r.err != nil:
		m.notice.fail(m.now(), r.err)
	case len(r.list) > 0 && len(m.dialogs) == 0 && m.editor == nil:
		m.open(newDraftDialog(r.list...))
	}
	return nil
}

// openDrafts lists the drafts.
func (m *Model) openDrafts() tea.Cmd {
	var list []drafts.Draft
	for _, d := range m.drafts {
		list = append(list, d)
	}
	if len(list) == 0 {
		m.notice.say(m.now(), "no drafts are kept")
		return nil
	}
	m.open(newDraftDialog(list...))
	return nil
}

// draftDialog offers one draft after the other.
type draftDialog struct{ list []drafts.Draft }

func newDraftDialog(list ...drafts.Draft) *draftDialog { return &draftDialog{list} }

func (d *draftDialog) scope() keymap.Scope { return keymap.ScopeConfirm }

func (d *draftDialog) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	draft := d.list[0]
	switch a {
	case keymap.ConfirmYes:
		m.close(d)
		m.tree.goTo(draft.Key)
		e := newEdit(draft.Key, draftBase(draft))
		return m.editAgain(e, draft.Mine), true
	case keymap.ConfirmNo:
		if d.list = d.list[1:]; len(d.list) == 0 {
			m.close(d)
		}
		m.notice.say(m.now(), "discarded the draft of "+clean(draft.Key))
		return m.dropDraft(draft.Key), true
	case keymap.DialogCancel:
		m.close(d)
		return nil, true
	}
	return nil, false
}

// draftBase is the pair that a draft was begun from.
func draftBase(d drafts.Draft) *kv.KVPair {
	if d.BaseMissing {
		return nil
	}
	return &kv.KVPair{Key: d.Key, Value: d.Base, LastIndex: d.BaseIndex}
}

func (d *draftDialog) view(m *Model, w, _ int) dialogView {
	w = min(w, 64)
	draft := d.list[0]
	v := dialogView{title: "Draft", wanted: w}
	text := fmt.Sprintf("What you typed into %s on %s was not saved (%s). Go on with it?",
		clean(draft.Key), draft.At.Local().Format("2006-01-02 15:04:05"), sized(int64(len(draft.Mine))))
	for _, line := range wrap(text, w) {
		v.lines = append(v.lines, m.look.text.Paint(line))
	}
	if n := len(d.list) - 1; n > 0 {
		v.lines = append(v.lines, m.look.muted.Paint(plural(n, "more draft")+" after this one"))
	}
	v.lines = append(v.lines, "", m.namedKeys(keymap.ScopeConfirm,
		named{keymap.ConfirmYes, "go on editing"}, named{keymap.ConfirmNo, "discard it"}, named{keymap.DialogCancel, "later"}))
	return v
}
