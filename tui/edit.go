package tui

import (
	"bytes"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/internal/format"
	"kvist/keymap"
	"kvist/kv"
)

// edit is a key that is edited, from when it was read to when it is saved or given
// up.
type edit struct {
	key        string
	base       *kv.KVPair // the pair when editing began; nil for a new key
	kind       format.Format
	outside    bool      // in $EDITOR
	fromInline bool      // continued in $EDITOR from the inline editor
	seen       *kv.Event // the latest change by somebody else
	lineEnd    lineEnd   // what to do about a line end that $EDITOR adds

	saving   bool       // an AtomicPut is under way
	again    bool       // saving was asked for again meanwhile
	answer   chan saved // gets the result of the AtomicPut under way
	send     tea.Cmd    // the AtomicPut under way, which is carried out once
	leftText []byte     // the editor's text when it was left while saving; nil if it was not
	accepted []byte     // a text that is to be saved although it looks wrong
	sent     []byte     // what a save sent that was never answered; nil once that is known
	asked    *kv.Event  // the change for which it was read whether it is that save
	conflict dialog     // the Conflict that was opened last
	lockSaid bool       // it was said that the key is locked
	putsBack bool       // the text is a version of the key, which nobody typed: it needs no draft
}

// baseValue returns the value when editing began.
func (e *edit) baseValue() []byte {
	if e.base == nil {
		return nil
	}
	return e.base.Value
}

// newEdit returns an edit of a key that was just read; base is nil for a new key.
func newEdit(key string, base *kv.KVPair) *edit {
	e := &edit{key: key, base: base}
	e.kind = format.Detect(key, e.baseValue())
	return e
}

// canEdit reports whether the cursor is on a key whose value can be edited.
func (m *Model) canEdit() bool {
	row, _ := m.subject()
	return m.canDeleteKey() && kv.KeyFlags(row.Flags)&kv.Directory == 0
}

// editHere edits the value under the cursor in the inline editor.
func (m *Model) editHere() tea.Cmd { return m.askEdit(false) }

// editOutside edits the value under the cursor in $EDITOR.
func (m *Model) editOutside() tea.Cmd { return m.askEdit(true) }

// askEdit is beginEdit, once it is agreed that the value is shown.
func (m *Model) askEdit(outside bool) tea.Cmd {
	if row, ok := m.subject(); ok && m.canEdit() && !m.opts.ReadOnly && m.editor == nil {
		return m.unmasked(row.Key, func(m *Model) tea.Cmd { return m.beginEdit(outside) })
	}
	return m.beginEdit(outside)
}

// beginEdit edits the value under the cursor. It reads the value first if the one
// shown is out of date. A dialog says why something cannot be edited: whoever is
// about to type must not type into the tree.
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

// editRead is the result of reading a key to edit.
type editRead struct {
	wait    *reading
	pair    *kv.KVPair
	err     error
	outside bool
}

func (r editRead) apply(m *Model) tea.Cmd {
	switch {
	case !slices.Contains(m.dialogs, dialog(r.wait)):
		return nil // it was cancelled
	case r.err != nil:
		m.close(r.wait)
		return m.refuse(explain.Error(r.err))
	}
	m.close(r.wait)
	return tea.Batch(m.startEdit(r.pair, r.outside), r.wait.handOver(m))
}

// startEdit edits pair, or continues with its draft.
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

// editIn opens the inline editor with a text.
func (m *Model) editIn(e *edit, text []byte) tea.Cmd {
	e.outside, e.fromInline, e.putsBack = false, false, false
	m.editor = newEditor(e, text)
	m.layOut()
	return m.focusOn(m.value)
}

// editAgain continues with a text where e was edited before. Such a text may have a
// mistake in it already.
func (m *Model) editAgain(e *edit, text []byte) tea.Cmd {
	if e.outside || !format.Editable(text) {
		e.outside = true
		return m.runEditor(e, text)
	}
	cmd := m.editIn(e, text)
	return tea.Batch(cmd, m.editor.check(text))
}

// editWatch hears of changes by others while an editor is open.
type editWatch struct{}

func (editWatch) feedBegan(*Model, kv.Batch, time.Time) {}

func (editWatch) feedEnded(m *Model, b takenBatch) tea.Cmd {
	if m.editor == nil {
		return nil
	}
	if b.Synced && m.isGone(m.editor.edit.key) {
		m.editor.edit.lost()
	}
	return m.askSent(m.editor.edit)
}

func (editWatch) feedChanged(m *Model, c treeChange) {
	switch {
	case m.editor == nil, c.swept: // feedEnded handles that
	case c.Kind == kv.FolderGoneEvent && strings.HasPrefix(m.editor.edit.key, c.Key+"/"):
		m.editor.edit.lost()
	case c.Key == m.editor.edit.key && (c.Kind == kv.PutEvent || c.Kind == kv.DeleteEvent):
		m.editor.edit.saw(c.Event)
	}
}

// lost notes that the edited key is gone, if there was one.
func (e *edit) lost() {
	if e.base != nil {
		e.saw(kv.Event{Kind: kv.DeleteEvent, Key: e.key})
	}
}

// saw notes a change by somebody else.
func (e *edit) saw(ev kv.Event) {
	if e.base != nil && ev.Kind == kv.PutEvent && ev.Index == e.base.LastIndex {
		e.seen = nil
		return
	}
	e.seen = &ev
}

// endEdit closes the editor and the Conflict of an edit.
func (m *Model) endEdit(e *edit) {
	if m.editor != nil && m.editor.edit == e {
		m.editor = nil
		m.leavePane()
	}
	m.close(e.conflict)
}
