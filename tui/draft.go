package tui

import (
	"bytes"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/drafts"
	"kvist/kv"
)

// Unsaved text is kept in a file until it is saved or discarded. Editing its key
// continues with it. A sign marks the row of its key, and a list shows all drafts.

// draftFor returns a draft of a text.
func (m *Model) draftFor(e *edit, mine []byte) drafts.Draft {
	d := drafts.Draft{Address: m.opts.Address, Key: e.key, Mine: mine, At: m.now(), BaseMissing: e.base == nil}
	if e.base != nil {
		d.Base, d.BaseIndex = e.base.Value, e.base.LastIndex
	}
	return d
}

// draftTask returns a command that changes a draft: updates do not wait for the
// disk.
func (m *Model) draftTask(key string, do func() error) tea.Cmd {
	carryOut := m.draftQueue.Ask(key, do)
	return func() tea.Msg {
		if err := carryOut(); err != nil {
			return draftFailed{err}
		}
		return nil
	}
}

// keepDraft keeps a text as a draft, if somebody typed it.
func (m *Model) keepDraft(e *edit, mine []byte) tea.Cmd {
	if m.opts.Drafts == nil || e.putsBack {
		return nil
	}
	d := m.draftFor(e, mine)
	m.rememberDraft(d)
	return m.draftTask(d.Key, func() error { return m.opts.Drafts.Save(d) })
}

// keepLater is keepDraft for a text that $EDITOR will leave behind.
func (m *Model) keepLater(e *edit, run *editorRun) tea.Cmd {
	if m.opts.Drafts == nil {
		return nil
	}
	return m.draftTask(e.key, func() error {
		if run.mine == nil {
			return nil
		}
		return m.opts.Drafts.Save(m.draftFor(e, run.mine))
	})
}

// dropDraft removes the draft of a key that was saved or given up.
func (m *Model) dropDraft(key string) tea.Cmd {
	if m.opts.Drafts == nil {
		return nil
	}
	delete(m.drafts, key)
	return m.draftTask(key, func() error { return m.opts.Drafts.Remove(m.opts.Address, key) })
}

// draftFailed says that a draft could not be kept.
type draftFailed struct{ err error }

func (r draftFailed) apply(m *Model) tea.Cmd {
	if !m.notice.bad { // a save that failed says more, and a full disk stops both
		m.notice.fail(m.now(), fmt.Errorf("the draft was not kept: %w", r.err))
	}
	return nil
}

// rememberDraft notes that there is a draft.
func (m *Model) rememberDraft(d drafts.Draft) {
	if m.drafts == nil {
		m.drafts = map[string]drafts.Draft{}
	}
	m.drafts[d.Key] = d
}

// draftOf returns the draft of a key, if there is one.
func (m *Model) draftOf(key string) (drafts.Draft, bool) {
	d, ok := m.drafts[key]
	return d, ok
}

// loadDrafts reads the drafts of earlier runs.
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
		if _, newer := m.drafts[d.Key]; !newer {
			m.rememberDraft(d)
		}
	}
	switch {
	case r.err != nil:
		m.notice.fail(m.now(), r.err)
	case len(r.list) > 0 && !m.opts.ReadOnly:
		said := plural(len(r.list), "unsaved draft") + ": :drafts"
		if m.notice.text != "" {
			said += "; " + m.notice.text // what is longer is cut
		}
		m.notice.say(m.now(), said)
	}
	return nil
}

// draftBase returns the pair that a draft is based on.
func draftBase(d drafts.Draft) *kv.KVPair {
	if d.BaseMissing {
		return nil
	}
	return &kv.KVPair{Key: d.Key, Value: d.Base, LastIndex: d.BaseIndex}
}

// resume continues with a draft. now is what the store holds; nil if it holds
// nothing or that is not known.
func (m *Model) resume(d drafts.Draft, now *kv.KVPair, outside bool) tea.Cmd {
	e := newEdit(d.Key, draftBase(d))
	e.outside = outside
	said := "this is your unsaved draft from " + draftTime(d) + "; to edit the stored value, discard it in :drafts"
	switch {
	case now != nil && bytes.Equal(now.Value, d.Mine): // it was saved, and the answer did not come
		e.base, said = now, "your draft from "+draftTime(d)+" is what is stored"
	case now != nil && now.LastIndex != d.BaseIndex:
		e.seen = &kv.Event{Kind: kv.PutEvent, Key: d.Key, Index: now.LastIndex}
	}
	m.notice.say(m.now(), said)
	return m.editAgain(e, d.Mine)
}

// draftTime says when a draft was typed last.
func draftTime(d drafts.Draft) string { return d.At.Local().Format("2006-01-02 15:04") }
