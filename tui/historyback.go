package tui

import (
	"bytes"
	"errors"
	"slices"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/internal/history"
	"kvist/internal/textdiff"
	"kvist/keymap"
	"kvist/kv"
)

// historyBack asks whether a version is to be put back, and shows what that changes.
type historyBack struct {
	key    string
	row    history.Row
	name   string     // of the version
	read   bool       // what is there now was read
	now    *kv.KVPair // nil when there is no such key
	lost   string     // what of the version does not come back; "" for nothing
	err    error      // why what is there now is not known
	change diffSide   // from now to the version
	head   []string   // the lines above it
	asked  int        // how many lines are the question itself
	viewport
	seen int // how many lines have been in sight
}

// putBack asks whether the version under the cursor is to be put back. A deletion is
// put back by the plan that deletes the key.
func (p *historyPane) putBack(m *Model) tea.Cmd {
	row, ok := p.version()
	_, typed := m.draftOf(p.key)
	switch {
	case m.opts.ReadOnly:
		m.notice.warn(m.now(), "read-only profile: nothing can be put back")
	case !ok:
		m.notice.warn(m.now(), "there is no version here to put back")
	case m.editor != nil:
		return m.backToEditor(false)
	case row.Deleted && p.newest() == row:
		m.notice.warn(m.now(), cleanName(p.key)+" is deleted now: there is nothing to put back")
	case row.Deleted:
		return m.deleteKey()
	case row.Hidden:
		m.notice.warn(m.now(), "the journal does not keep the values of this key, so there is nothing to put back")
	case !row.Known:
		m.notice.warn(m.now(), "the value of that version is not known, so there is nothing to put back")
	case typed:
		return m.refuse("There is a draft of " + cleanName(p.key) + ". Save or discard it first.")
	default:
		return m.openBack(p, *row)
	}
	return nil
}

// openBack opens the question, and reads what is there now.
func (m *Model) openBack(p *historyPane, row history.Row) tea.Cmd {
	d := &historyBack{key: p.key, row: row, name: p.naming(m, &row)}
	m.open(d)
	store, key := m.store, p.key
	return func() tea.Msg {
		r := historyNow{dialog: d}
		pair, err := store.Get(key)
		if err != nil && !errors.Is(err, kv.ErrKeyNotFound) {
			r.err = err
			return r
		}
		r.pair = pair
		var was []byte
		if pair != nil {
			was = pair.Value
		}
		r.change = newDiffSide("", key, textdiff.Compare(key, was, row.Value), len(was), len(row.Value))
		if reader, ok := kv.As[kv.MetaReader](store); ok && row.Owner != "" {
			ctx, cancel := m.timeout()
			defer cancel()
			r.meta, _ = reader.Meta(ctx, key) // an error means that the key is gone
		}
		return r
	}
}

// historyNow is what is there now.
type historyNow struct {
	dialog *historyBack
	pair   *kv.KVPair
	meta   *kv.Meta
	change diffSide
	err    error
}

func (r historyNow) apply(m *Model) tea.Cmd {
	d := r.dialog
	if !slices.Contains(m.dialogs, dialog(d)) {
		return nil // it was cancelled
	}
	if r.pair != nil && bytes.Equal(r.pair.Value, d.row.Value) {
		m.close(d)
		m.notice.say(m.now(), cleanName(d.key)+" has that value now: there is nothing to put back")
		return nil
	}
	d.read, d.now, d.err, d.change, d.seen = true, r.pair, r.err, r.change, 0
	if owner := d.row.Owner; owner != "" && (r.meta == nil || r.meta.Owner != owner) {
		d.lost = m.terms.Owner + " " + clean(owner) + " does not come back"
		if d.now != nil {
			d.lost += ": the key keeps what it has now"
		}
	}
	return nil
}

func (d *historyBack) scope() keymap.Scope { return keymap.ScopePutBack }

func (d *historyBack) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if d.moved(a) {
		return nil, true
	}
	switch a {
	case keymap.ValueReveal:
		return m.revealKey(d.key), true
	case keymap.PutBackYes:
		if !d.asks() {
			return nil, true
		}
		m.close(d)
		e := newEdit(d.key, d.now)
		e.putsBack = true
		return m.save(e, d.row.Value), true
	case keymap.DialogCancel:
		m.close(d)
		return nil, true
	}
	return nil, false
}

// asks reports whether the dialog waits for an answer.
func (d *historyBack) asks() bool { return d.read && d.err == nil }

// lay makes the lines above the difference.
func (d *historyBack) lay(m *Model, w, h int) {
	l := m.look
	switch {
	case !d.read:
		d.head = []string{l.muted.Paint(fit("reading what is there now", w))}
	case d.err != nil:
		d.head = m.paragraph(l.warn, explain.Error(d.err), w)
	case d.now == nil:
		d.head = m.paragraph(l.text, cleanName(d.key)+" is gone. Create it again with "+d.name+"?", w)
	default:
		d.head = m.paragraph(l.text, "Put "+d.name+" of "+cleanName(d.key)+" back in place of "+m.revision(d.now.LastIndex)+"?", w)
	}
	if d.lost != "" {
		d.head = append(d.head, m.paragraph(l.warn, d.lost, w)...)
	}
	d.asked = len(d.head)
	d.head = append(d.head, "")
	d.fit(len(d.head)+len(d.rows(m, w)), h-2)
}

// rows returns the rows of the difference.
func (d *historyBack) rows(m *Model, w int) []diffRow {
	if !d.asks() {
		return nil
	}
	return d.change.lay(m, w)
}

// view shows the lines in sight.
func (d *historyBack) view(m *Model, w, _ int) dialogView {
	v := dialogView{title: "Put back", wanted: w}
	rows := d.rows(m, w)
	for i := d.top; i < d.end(); i++ {
		if i < len(d.head) {
			v.lines = append(v.lines, d.head[i])
		} else {
			v.lines = append(v.lines, m.drawDiffAt(rows, i-len(d.head), w))
		}
	}
	d.seen = max(d.seen, d.end())
	v.unread = d.seen < d.asked || !d.read
	keys := m.namedKeys(keymap.ScopePutBack, named{keymap.PutBackYes, "put it back"}, named{keymap.DialogCancel, "cancel"})
	if !d.asks() {
		keys = m.namedKeys(keymap.ScopePutBack, named{keymap.DialogCancel, "cancel"})
	}
	return dialogWith(v, m.moreBelow(d.count-d.end()), fitStyled(keys, w))
}
