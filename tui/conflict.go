package tui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/format"
	"kvist/internal/merge"
	"kvist/keymap"
	"kvist/kv"
)

// conflictDialog is the Conflict: somebody else wrote the key since editing
// began. It shows what each side did to base, and asks.
type conflictDialog struct {
	edit   *edit
	mine   []byte
	theirs *kv.KVPair // nil when the key was deleted
	dMine  []merge.Line
	dOther []merge.Line
	top    int
	height int
	count  int  // lines in the taller of the two
	tight  bool // there is no room for empty lines
}

// openConflict shows the Conflict, or renews the one that is shown.
func (m *Model) openConflict(e *edit, mine []byte, theirs *kv.KVPair) {
	c := &conflictDialog{edit: e, mine: mine, theirs: theirs}
	c.dMine = diffOf(e.baseValue(), mine)
	if theirs != nil {
		c.dOther = diffOf(e.baseValue(), theirs.Value)
	}
	for i, d := range m.dialogs {
		if old, ok := d.(*conflictDialog); ok && old.edit == e {
			m.dialogs[i] = c
			m.notice.warn(m.now(), "it was changed yet again; this is the newest")
			return
		}
	}
	m.open(c)
}

// diffOf is what led from base to text, or one line about bytes that are no
// text.
func diffOf(base, text []byte) []merge.Line {
	if format.Detect("", text) == format.Binary || format.Detect("", base) == format.Binary {
		return []merge.Line{{Kind: merge.Same, Text: fmt.Sprintf("(binary, %d bytes before, %d bytes now)", len(base), len(text))}}
	}
	lines := merge.Diff(base, text)
	if !slices.ContainsFunc(lines, func(line merge.Line) bool { return line.Kind != merge.Same }) {
		return []merge.Line{{Kind: merge.Hidden, Text: "no difference"}}
	}
	return merge.Brief(lines, diffContext)
}

// diffContext is how many unchanged lines are shown around a change.
const diffContext = 2

func (c *conflictDialog) scope() keymap.Scope { return keymap.ScopeConflict }

func (c *conflictDialog) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if to, ok := movedView(a, c.top, c.count, c.height); ok {
		c.top = to
		return nil, true
	}
	switch a {
	case keymap.ConflictOverwrite:
		return c.overwrite(m), true
	case keymap.ConflictTake:
		m.endEdit(c.edit)
		m.close(c)
		m.notice.say(m.now(), "took theirs: "+clean(c.edit.key)+" is as they wrote it")
		return m.dropDraft(c.edit.key), true
	case keymap.ConflictMerge:
		return c.merge(m), true
	case keymap.DialogCancel:
		m.close(c)
		if c.edit.outside {
			return m.runEditor(c.edit, c.mine), true
		}
		return nil, true
	}
	return nil, false
}

// overwrite puts mine over theirs, if theirs is still what is there; a key
// that was deleted is created again.
func (c *conflictDialog) overwrite(m *Model) tea.Cmd {
	if c.edit.saving {
		return nil
	}
	return m.put(c.edit, c.mine, c.theirs)
}

// merge puts both changes into one text and goes on editing that, with
// theirs as the new base.
func (c *conflictDialog) merge(m *Model) tea.Cmd {
	if c.theirs == nil {
		m.notice.warn(m.now(), "theirs is a deletion: there is nothing to merge with")
		return nil
	}
	r := merge.Merge(c.edit.baseValue(), c.mine, c.theirs.Value)
	m.close(c)
	c.edit.base, c.edit.seen = c.theirs, nil
	if r.Clean {
		m.notice.say(m.now(), "merged without conflicts; look it over, then save")
	} else {
		m.notice.warn(m.now(), plural(len(r.Conflicts), "conflict")+" marked in the text: settle what is marked, then save")
	}
	return tea.Batch(m.editAgain(c.edit, r.Text), m.keepDraft(c.edit, r.Text))
}
