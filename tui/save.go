package tui

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/internal/format"
	"kvist/internal/merge"
	"kvist/kv"
)

// save replaces the value that editing began with.
func (m *Model) save(e *edit, mine []byte) tea.Cmd { return m.saveOver(e, mine, e.base) }

// saveOver replaces previous by mine. It asks first if mine is not valid in its
// format. While a save is under way, it saves once more afterwards.
func (m *Model) saveOver(e *edit, mine []byte, previous *kv.KVPair) tea.Cmd {
	if e.saving {
		e.again = true
		return nil
	}
	reason, locked := m.whyDoubtful(e, mine), m.lockWarning(e)
	if e.accepted != nil && bytes.Equal(mine, e.accepted) {
		reason = ""
	}
	if reason = strings.TrimSpace(locked + " " + reason); reason == "" {
		return m.put(e, mine, previous)
	}
	back := ""
	if e.outside {
		back = "edit again"
	}
	m.open(&confirm{
		title: "Save anyway?",
		text:  reason, noText: back,
		yes: func(m *Model) tea.Cmd {
			e.accepted, e.lockSaid = mine, true
			return m.put(e, mine, previous)
		},
		no: func(m *Model) tea.Cmd {
			if e.outside {
				return m.runEditor(e, mine)
			}
			return nil
		},
	})
	return nil
}

// lockWarning says, once per edit, that the key is locked: its holder or waiters
// may rely on its value. "" if it is not locked.
func (m *Model) lockWarning(e *edit) string {
	entry, ok := m.tree.tree.Lookup(e.key)
	if !ok || e.lockSaid || kv.KeyFlags(entry.Flags)&kv.Locked == 0 {
		return ""
	}
	return clean(e.key) + " is locked: its holder or waiters may rely on its value."
}

// whyDoubtful says why mine should perhaps not be saved; "" if nothing is wrong.
func (m *Model) whyDoubtful(e *edit, mine []byte) string {
	if merge.HasMarkers(mine) && !merge.HasMarkers(e.baseValue()) {
		return "The text still holds conflict markers (<<<<<<< … >>>>>>>)."
	}
	if err := format.Validate(e.formatOf(mine), mine); err != nil {
		return "This is not valid " + clean(err.Error()) + "." // the error begins with the format
	}
	return ""
}

// formatOf returns the format that a text should have.
func (e *edit) formatOf(text []byte) format.Format {
	if e.kind == format.Empty {
		return format.Detect(e.key, text) // the name of a new key decides
	}
	return e.kind
}

// put saves mine by compare-and-swap against previous; nil creates the key.
func (m *Model) put(e *edit, mine []byte, previous *kv.KVPair) tea.Cmd {
	return m.permit(func(m *Model) tea.Cmd {
		answer := make(chan saved, 1)
		store, sent := m.store, e.sent
		var begun atomic.Bool
		send := func() tea.Msg {
			if begun.Swap(true) {
				return nil
			}
			defer close(answer) // also when a bug in a backend ends the program
			r := putBy(store, e, mine, previous)
			if r.conflict && isSent(sent, r.theirs) {
				r = r.overOwn(store)
			}
			answer <- r
			return r
		}
		e.saving, e.again, e.answer, e.send = true, false, answer, send
		m.saving = append(m.saving, e)
		return send
	})
}

// putBy writes mine. It reads what is there now if a conflict does not bring it
// along, and if the outcome is unknown.
func putBy(store kv.Store, e *edit, mine []byte, previous *kv.KVPair) saved {
	r := saved{edit: e, mine: mine}
	_, r.pair, r.err = store.AtomicPut(e.key, mine, previous, nil)
	if errors.Is(r.err, kv.ErrWrittenOver) {
		return r // it is saved, and there is nothing to decide
	}
	conflict := errors.Is(r.err, kv.ErrKeyModified) || errors.Is(r.err, kv.ErrKeyNotFound)
	unknown := errors.Is(r.err, kv.ErrOutcomeUnknown)
	if !conflict && !unknown {
		return r
	}
	now, err := store.Get(e.key)
	switch {
	case err != nil && !errors.Is(err, kv.ErrKeyNotFound):
		return r // r.err stands: what is there now is unknown
	case unknown && now != nil && bytes.Equal(now.Value, mine):
		r.pair, r.err, r.lost = now, nil, true // only the answer was lost
	case conflict:
		r.theirs, r.conflict = now, true
	}
	return r
}

// saved is the result of put.
type saved struct {
	edit     *edit
	mine     []byte
	pair     *kv.KVPair
	err      error
	conflict bool
	theirs   *kv.KVPair // what is there now; nil when the key is gone
	lost     bool       // the answer, so that the journal does not know yet
}

func (r saved) apply(m *Model) tea.Cmd {
	if r.lost {
		return tea.Batch(r.applied(m), m.askAnswers())
	}
	return r.applied(m)
}

// applied says what became of the save.
func (r saved) applied(m *Model) tea.Cmd {
	e := r.edit
	again, lost := e.again, m.ofSave(e)
	mine := r.endSave(m)
	switch {
	case errors.Is(r.err, kv.ErrWrittenOver):
		return r.writtenOver(m)
	case r.conflict:
		m.openConflict(e, mine, r.theirs)
		return m.keepDraft(e, mine)
	case r.err != nil:
		if errors.Is(r.err, kv.ErrOutcomeUnknown) {
			e.sent = r.mine
		}
		return m.saveFailed(e, mine, r.err)
	}
	said := "saved " + cleanName(e.key) + " at " + m.revision(r.pair.LastIndex)
	say := m.notice.say
	if lost != "" { // it takes more than a line, and must not fade
		said, say = said+"; "+lost, m.notice.warn
	}
	m.value.stale = true
	if bytes.Equal(mine, r.mine) {
		say(m.now(), said)
		m.endEdit(e)
		return m.dropDraft(e.key)
	}
	m.notice.warn(m.now(), said+"; what you typed since is not saved yet")
	if again {
		return tea.Batch(m.keepDraft(e, mine), m.save(e, mine))
	}
	return m.keepDraft(e, mine)
}

// endSave ends a save. The saved text becomes the base of the edit. It returns the
// present text, which may be newer.
func (r saved) endSave(m *Model) []byte {
	e := r.edit
	mine := m.newest(e, r.mine)
	e.saving, e.again, e.leftText = false, false, nil
	m.saving = slices.DeleteFunc(m.saving, func(other *edit) bool { return other == e })
	if r.err != nil || r.conflict {
		return mine
	}
	if e.base == nil {
		m.tree.seek(m, e.key)
	}
	e.sent, e.base = nil, &kv.KVPair{Key: e.key, Value: r.mine, LastIndex: r.pair.LastIndex}
	if e.seen != nil && e.seen.Index <= e.base.LastIndex {
		e.seen = nil
	}
	return mine
}

// newest returns the latest text of an edit: that of its editor, or the text when
// the editor was left, or else mine.
func (m *Model) newest(e *edit, mine []byte) []byte {
	switch {
	case m.editor != nil && m.editor.edit == e:
		return m.editor.text()
	case e.leftText != nil:
		return e.leftText
	default:
		return mine
	}
}

// writtenOver says that mine is saved, and what it replaced.
func (r saved) writtenOver(m *Model) tea.Cmd {
	m.notice.warn(m.now(), "Saved, but over another value. "+explain.Error(r.err))
	m.value.stale = true
	m.endEdit(r.edit)
	return m.dropDraft(r.edit.key)
}

// saveFailed keeps the text and says what went wrong.
func (m *Model) saveFailed(e *edit, mine []byte, err error) tea.Cmd {
	if e.putsBack {
		m.notice.warn(m.now(), "Nothing was put back. "+explain.Error(err))
		return nil
	}
	if !e.outside {
		m.notice.warn(m.now(), "What you typed is kept. "+explain.Error(err))
		return m.keepDraft(e, mine)
	}
	m.open(&confirm{
		title: "Not saved",
		text:  explain.Error(err) + " What you wrote is kept as a draft. Open it in $EDITOR again?",
		yes:   func(m *Model) tea.Cmd { return m.runEditor(e, mine) },
	})
	return m.keepDraft(e, mine)
}

// kept says that a draft keeps the text, if somebody typed it.
func (e *edit) kept() string {
	if e.putsBack {
		return ""
	}
	return "; what you typed is kept as a draft"
}

// awaitSaves waits for saves under way when the program ends: a text that was saved
// needs no draft, and the error names those that were not.
func (m *Model) awaitSaves() error {
	var errs []error
	limit := time.After(m.opts.Timeout)
	for _, e := range slices.Clone(m.saving) {
		if e.send != nil {
			go e.send() // the program may have ended before it carried the command out
		}
		select {
		case r, ok := <-e.answer:
			if !ok {
				continue // it ended the program
			}
			mine := r.endSave(m)
			switch {
			case r.err != nil:
				m.keepDraft(e, mine)
				errs = append(errs, &unsavedError{e, r.err})
			case bytes.Equal(mine, r.mine):
				m.dropDraft(e.key)
			default:
				m.keepDraft(e, mine)
			}
		case <-limit:
			errs = append(errs, &unsavedError{edit: e})
			return errors.Join(errs...)
		}
	}
	return errors.Join(errs...)
}
