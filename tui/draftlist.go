package tui

import (
	"maps"
	"slices"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/drafts"
	"kvist/keymap"
)

// draftList lists the drafts.
type draftList struct {
	keys []string
	rowCursor
}

// openDrafts lists the drafts.
func (m *Model) openDrafts() tea.Cmd {
	if m.asOf != nil {
		return m.refusePast()
	}
	if len(m.drafts) == 0 {
		m.notice.say(m.now(), "no drafts are kept")
		return nil
	}
	m.open(&draftList{keys: slices.Sorted(maps.Keys(m.drafts))})
	return nil
}

func (l *draftList) scope() keymap.Scope { return keymap.ScopeDrafts }

func (l *draftList) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if l.moved(a, len(l.keys)) {
		return nil, true
	}
	switch a {
	case keymap.DraftsResume:
		return l.resume(m), true
	case keymap.DraftsDiscard:
		if d, ok := m.draftOf(l.keys[l.at]); ok {
			l.discard(m, d)
		}
		return nil, true
	case keymap.DialogCancel:
		m.close(l)
		return nil, true
	}
	return nil, false
}

// clicked puts the cursor on the draft in a line of the dialog.
func (l *draftList) clicked(_ *Model, on point) tea.Cmd {
	if at := l.top + on.y; on.y < l.height && at < len(l.keys) {
		l.at = at
	}
	return nil
}

// resume continues with the draft under the cursor.
func (l *draftList) resume(m *Model) tea.Cmd {
	d, ok := m.draftOf(l.keys[l.at])
	switch {
	case !ok:
		return nil
	case m.opts.ReadOnly:
		return m.refuse("This is a read-only profile: nothing can be edited. The draft stays.")
	case m.editor != nil:
		return m.backToEditor(m.editor.edit.key == d.Key)
	}
	m.close(l)
	m.tree.goTo(d.Key)
	return m.unmasked(d.Key, func(m *Model) tea.Cmd { return m.resume(d, nil, false) })
}

// discard asks whether to remove a draft for good.
func (l *draftList) discard(m *Model, d drafts.Draft) {
	if m.editor != nil && m.editor.edit.key == d.Key {
		m.notice.warn(m.now(), cleanName(d.Key)+" is being edited: save or leave it first")
		return
	}
	m.open(&confirm{
		title: "Discard the draft?", danger: true,
		text: "What you typed into " + cleanName(d.Key) + " until " + draftTime(d) + " (" + sized(int64(len(d.Mine))) + ") is deleted for good. The stored value stays as it is.",
		yes: func(m *Model) tea.Cmd {
			l.keys = slices.DeleteFunc(l.keys, func(key string) bool { return key == d.Key })
			l.at = max(0, min(l.at, len(l.keys)-1))
			if len(l.keys) == 0 {
				m.close(l)
			}
			m.notice.say(m.now(), "discarded the draft of "+cleanName(d.Key))
			return m.dropDraft(d.Key)
		},
	})
}

// draftTail is the width of a draft's time and size after its key.
const draftTail = len("2006-01-02 15:04") + planSize

func (l *draftList) lay(_ *Model, _, h int) { l.fit(len(l.keys), h-2) }

func (l *draftList) view(m *Model, w, _ int) dialogView {
	w = min(w, 100)
	v := dialogView{title: plural(len(m.drafts), "unsaved draft"), wanted: w}
	for i := l.top; i < l.end(len(l.keys)); i++ {
		v.lines = append(v.lines, m.drawDraft(l.keys[i], w, i == l.at))
	}
	v.cursor, v.onRow = &point{0, l.at - l.top}, true
	keys := []named{{keymap.DraftsResume, "resume"}, {keymap.DraftsDiscard, "discard"}, {keymap.DialogCancel, "close"}}
	if m.opts.ReadOnly {
		keys = keys[1:]
	}
	return dialogWith(v, "", m.namedKeys(keymap.ScopeDrafts, keys...))
}

// drawDraft draws a line of the list.
func (m *Model) drawDraft(key string, w int, selected bool) string {
	d := m.drafts[key]
	room := max(1, w-draftTail-1)
	name := cleanName(key)
	name = fitMiddle(name, min(width(name), room))
	size := sized(int64(len(d.Mine)))
	tail := " " + draftTime(d) + blank(planSize-width(size)) + size
	if selected {
		return m.look.selected.Paint(fit(name, room) + tail)
	}
	return m.look.text.Paint(fit(name, room)) + m.look.muted.Paint(tail)
}
