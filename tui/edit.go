package tui

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/internal/format"
	"kvist/internal/merge"
	"kvist/keymap"
	"kvist/kv"
)

// edit is one key being edited, from when it was read to when it is saved or
// given up.
type edit struct {
	key     string
	base    *kv.KVPair // as it was when editing began; nil for a key that was not there
	kind    format.Format
	outside bool      // in $EDITOR
	inline  bool      // handed on to $EDITOR from the editor here
	seen    *kv.Event // the latest change underneath
	lineEnd lineEnd   // what is done about one that $EDITOR adds

	saving   bool       // an AtomicPut is under way
	again    bool       // saving was asked for once more meanwhile
	answer   chan saved // what the AtomicPut under way comes to
	left     []byte     // what the editor held when it was left meanwhile; nil when it was not
	accepted []byte     // what is to be saved although it looks wrong
	locked   bool       // that somebody holds the key as a lock was said
}

// baseValue is the value that editing began with.
func (e *edit) baseValue() []byte {
	if e.base == nil {
		return nil
	}
	return e.base.Value
}

// newEdit begins to edit a key that was just read; base is nil to create it.
func newEdit(key string, base *kv.KVPair) *edit {
	e := &edit{key: key, base: base}
	e.kind = format.Detect(key, e.baseValue())
	return e
}

// editHere edits the value under the cursor in the program.
func (m *Model) editHere() tea.Cmd { return m.beginEdit(false) }

// editOutside edits the value under the cursor in $EDITOR.
func (m *Model) editOutside() tea.Cmd { return m.beginEdit(true) }

// beginEdit edits the value under the cursor, as it was shown; one that is
// out of date is read first. What cannot be edited is answered by a dialog:
// somebody who is about to type must not do so in the tree.
func (m *Model) beginEdit(outside bool) tea.Cmd {
	row, ok := m.subject()
	adds := ". " + m.keyFor(keymap.ScopeKey, keymap.KeyAdd) + " adds a key."
	switch {
	case m.opts.ReadOnly:
		return m.refuse("This is a read-only profile: nothing can be edited.")
	case m.editor != nil:
		return m.backToEditor(ok && row.Key == m.editor.edit.key)
	case ok && row.Ghost && !outside && m.restorable(row):
		m.notice.warn(m.now(), cleanName(row.Key)+" was deleted; saving creates it again")
		return m.editAgain(newEdit(row.Key, nil), m.value.shown.pair.Value)
	case ok && row.Ghost:
		return m.refuse(cleanName(row.Key) + " was deleted" + adds)
	case ok && kv.KeyFlags(row.Flags)&kv.Directory != 0:
		return m.refuse(cleanName(row.Key) + " is a directory, which has no value in this store" + adds)
	case !ok || !row.IsKey:
		return m.refuse("There is no value here to edit" + adds)
	}
	if v := m.value; v.shown.key == row.Key && v.shown.pair != nil && !v.stale && !v.loading {
		return m.startEdit(v.shown.pair, outside)
	}
	key, store, wait := row.Key, m.store, &reading{key: row.Key}
	m.open(wait)
	return func() tea.Msg {
		pair, err := store.Get(key)
		return editRead{wait, pair, err, outside}
	}
}

// editRead is the result of reading a key that is to be edited.
type editRead struct {
	wait    *reading
	pair    *kv.KVPair
	err     error
	outside bool
}

func (r editRead) apply(m *Model) tea.Cmd {
	switch {
	case !slices.Contains(m.dialogs, dialog(r.wait)):
		return nil // given up
	case r.err != nil:
		m.close(r.wait)
		return m.refuse(explain.Error(r.err))
	}
	m.close(r.wait)
	return tea.Batch(m.startEdit(r.pair, r.outside), r.wait.handOver(m))
}

// startEdit edits pair, or goes on with the draft that was kept of it.
func (m *Model) startEdit(pair *kv.KVPair, outside bool) tea.Cmd {
	switch d, ok := m.draftOf(pair.Key); {
	case ok && bytes.Equal(d.Mine, pair.Value): // somebody saved the same
		return tea.Batch(m.dropDraft(d.Key), m.startEdit(pair, outside))
	case ok:
		return m.resume(d, pair, outside)
	}
	e := newEdit(pair.Key, pair)
	if outside {
		e.outside = true
		return m.runEditor(e, pair.Value)
	}
	if why := format.Uneditable(pair.Value); why != "" {
		m.open(&refusal{
			text: cleanName(pair.Key) + " cannot be edited here: " + why + ".",
			way:  "open it in $EDITOR", then: func(m *Model) tea.Cmd { return m.startEdit(pair, true) },
		})
		return nil
	}
	return m.editIn(e, pair.Value)
}

// editIn opens the inline editor on text.
func (m *Model) editIn(e *edit, text []byte) tea.Cmd {
	e.outside, e.inline = false, false
	m.editor = newEditor(m, e, text)
	m.layOut()
	return m.focusOn(valueFocus)
}

// editAgain goes on with text, where e was being edited before.
func (m *Model) editAgain(e *edit, text []byte) tea.Cmd {
	if e.outside || !format.Editable(text) {
		e.outside = true
		return m.runEditor(e, text)
	}
	return m.editIn(e, text)
}

// editorSaw tells the editor of a change underneath.
func (m *Model) editorSaw(ev kv.Event) {
	if m.editor == nil || m.editor.edit.key != ev.Key {
		return
	}
	e := m.editor.edit
	if e.base != nil && ev.Kind == kv.PutEvent && ev.Index == e.base.LastIndex {
		e.seen = nil
		return
	}
	e.seen = &ev
}

// save puts mine in place of what editing began with.
func (m *Model) save(e *edit, mine []byte) tea.Cmd { return m.saveOver(e, mine, e.base) }

// saveOver puts mine in place of previous, unless it is not valid in its
// format: then it asks. While it is being saved already, it is saved once more
// behind that.
func (m *Model) saveOver(e *edit, mine []byte, previous *kv.KVPair) tea.Cmd {
	if e.saving {
		e.again = true
		return nil
	}
	reason, locked := m.doubt(e, mine), m.lockOf(e)
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
			e.accepted, e.locked = mine, true
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

// lockOf says that somebody holds the key as a lock, or waits for it, once for
// each edit: whoever does may rely on what is there. "" where nobody does.
func (m *Model) lockOf(e *edit) string {
	entry, ok := m.tree.tree.Lookup(e.key)
	if !ok || e.locked || kv.KeyFlags(entry.Flags)&kv.LockedKey == 0 {
		return ""
	}
	return clean(e.key) + " is locked: its holder or waiters may rely on its value."
}

// doubt says why mine should perhaps not be saved; "" when nothing is wrong.
func (m *Model) doubt(e *edit, mine []byte) string {
	if merge.HasMarkers(mine) && !merge.HasMarkers(e.baseValue()) {
		return "The text still holds conflict markers (<<<<<<< … >>>>>>>)."
	}
	kind := e.kind
	if kind == format.Empty {
		kind = format.Detect(e.key, mine) // a new key: its name tells
	}
	if err := format.Validate(kind, mine); err != nil {
		return "This is not valid " + clean(err.Error()) + "." // which begins with the format's name
	}
	return ""
}

// put saves mine by compare-and-swap against previous, which is nil to
// create the key.
func (m *Model) put(e *edit, mine []byte, previous *kv.KVPair) tea.Cmd {
	return m.permit(func(m *Model) tea.Cmd {
		answer := make(chan saved, 1)
		e.saving, e.again, e.answer = true, false, answer
		m.saving = append(m.saving, e)
		store := m.store
		return func() tea.Msg {
			defer close(answer) // also where a backend's mistake ends the program
			r := putBy(store, e, mine, previous)
			answer <- r
			return r
		}
	})
}

// putBy carries out put. What is there now is read when a conflict does not
// bring it along, and when nobody can say whether the write happened.
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
		return r // r.err stands; what is there now cannot be told
	case unknown && now != nil && bytes.Equal(now.Value, mine):
		r.pair, r.err = now, nil // the answer was lost, not the write
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
}

func (r saved) apply(m *Model) tea.Cmd {
	e := r.edit
	again := e.again
	mine := r.settle(m)
	switch {
	case errors.Is(r.err, kv.ErrWrittenOver):
		return r.writtenOver(m)
	case r.conflict:
		m.openConflict(e, mine, r.theirs)
		return m.keepDraft(e, mine)
	case r.err != nil:
		return m.saveFailed(e, mine, r.err)
	}
	said := "saved " + cleanName(e.key) + " at " + m.revision(r.pair.LastIndex)
	m.value.stale = true
	if bytes.Equal(mine, r.mine) {
		m.notice.say(m.now(), said)
		m.endEdit(e)
		return m.dropDraft(e.key)
	}
	m.notice.warn(m.now(), said+"; what you typed since is not saved yet")
	if again {
		return tea.Batch(m.keepDraft(e, mine), m.save(e, mine))
	}
	return m.keepDraft(e, mine)
}

// settle ends the saving of an edit, whose base is what was saved now, and
// gives what was typed by now: more than was saved, perhaps.
func (r saved) settle(m *Model) []byte {
	e := r.edit
	mine := m.newest(e, r.mine)
	e.saving, e.again, e.left = false, false, nil
	m.saving = slices.DeleteFunc(m.saving, func(other *edit) bool { return other == e })
	if r.err != nil || r.conflict {
		return mine
	}
	if e.base == nil {
		m.tree.seek(m, e.key)
	}
	e.base = &kv.KVPair{Key: e.key, Value: r.mine, LastIndex: r.pair.LastIndex}
	if e.seen != nil && e.seen.Index <= e.base.LastIndex {
		e.seen = nil
	}
	return mine
}

// newest is what was typed into e last: what its editor holds or held when it
// was left, else mine, which was given up to be saved.
func (m *Model) newest(e *edit, mine []byte) []byte {
	switch {
	case m.editor != nil && m.editor.edit == e:
		return m.editor.text()
	case e.left != nil:
		return e.left
	default:
		return mine
	}
}

// writtenOver says that mine is saved, and what that cost.
func (r saved) writtenOver(m *Model) tea.Cmd {
	m.notice.warn(m.now(), "Saved, but over another value. "+explain.Error(r.err))
	m.value.stale = true
	m.endEdit(r.edit)
	return m.dropDraft(r.edit.key)
}

// saveFailed keeps what was typed and says what went wrong.
func (m *Model) saveFailed(e *edit, mine []byte, err error) tea.Cmd {
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

// awaitSaves waits for what is being saved when the program ends: what was
// saved needs no draft, and what was not is told.
func (m *Model) awaitSaves() error {
	var errs []error
	limit := time.After(m.opts.Timeout)
	for _, e := range slices.Clone(m.saving) {
		select {
		case r, ok := <-e.answer:
			if !ok {
				continue // it ended the program
			}
			mine := r.settle(m)
			switch {
			case r.err != nil:
				m.keepDraft(e, mine)
				errs = append(errs, fmt.Errorf("%s was not saved; what you typed is kept as a draft: %w", cleanName(e.key), r.err))
			case bytes.Equal(mine, r.mine):
				m.dropDraft(e.key)
			default:
				m.keepDraft(e, mine)
			}
		case <-limit:
			errs = append(errs, fmt.Errorf("whether %s was saved is not known; what you typed is kept as a draft", cleanName(e.key)))
			return errors.Join(errs...)
		}
	}
	return errors.Join(errs...)
}

// endEdit closes whatever e was edited in.
func (m *Model) endEdit(e *edit) {
	if m.editor != nil && m.editor.edit == e {
		m.editor = nil
		m.focusOn(treeFocus)
		m.right = valueFocus
	}
	for _, d := range m.dialogs {
		if c, ok := d.(*conflictDialog); ok && c.edit == e {
			m.close(c)
			return
		}
	}
}
