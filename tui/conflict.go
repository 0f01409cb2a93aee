package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/format"
	"kvist/internal/merge"
	"kvist/internal/merge/fields"
	"kvist/internal/textdiff"
	"kvist/keymap"
	"kvist/kv"
)

// conflictDialog is the Conflict: somebody else wrote the key after editing began.
// It shows what each side changed and asks what to do.
type conflictDialog struct {
	edit   *edit
	mine   []byte
	theirs *kv.KVPair // nil when the key was deleted

	myChange, theirChange diffSide
	viewport                     // of the taller side
	tight                 bool   // no room for empty lines
	parts                 [2]int // lines of each side in sight, if one stands above the other
}

// openConflict shows the Conflict, or updates the one that is open.
func (m *Model) openConflict(e *edit, mine []byte, theirs *kv.KVPair) {
	c := &conflictDialog{edit: e, mine: mine, theirs: theirs}
	c.compare()
	open := slices.Index(m.dialogs, e.conflict)
	e.conflict = c
	if open < 0 {
		m.open(c)
		return
	}
	m.dialogs[open] = c
	m.notice.warn(m.now(), "changed again; now showing the latest")
}

// compare finds out what each side changed.
func (c *conflictDialog) compare() {
	theirs := []byte(nil)
	if c.theirs != nil {
		theirs = c.theirs.Value
	}
	mine, other := textdiff.CompareBoth(c.edit.key, c.edit.baseValue(), c.mine, theirs)
	c.myChange = newDiffSide("your change", c.edit.key, mine, len(c.edit.baseValue()), len(c.mine))
	c.theirChange = newDiffSide("their change", c.edit.key, other, len(c.edit.baseValue()), len(theirs))
	if c.theirs == nil {
		c.theirChange = diffSide{title: "their change", lines: []textdiff.Line{{
			Line:  merge.Line{Kind: merge.Removed},
			Parts: []merge.Part{{Text: "the key was deleted", Changed: true}},
		}}}
	}
}

func (c *conflictDialog) scope() keymap.Scope { return keymap.ScopeConflict }

func (c *conflictDialog) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if c.moved(a) {
		return nil, true
	}
	switch a {
	case keymap.ValueReveal:
		return m.revealKey(c.edit.key), true
	case keymap.ConflictOverwrite:
		return c.overwrite(m), true
	case keymap.ConflictTake:
		m.endEdit(c.edit)
		m.close(c)
		m.notice.say(m.now(), "took theirs: "+cleanName(c.edit.key)+" is as they wrote it")
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

// overwrite replaces theirs by mine, if theirs is still there. It creates a deleted
// key again.
func (c *conflictDialog) overwrite(m *Model) tea.Cmd {
	if c.edit.saving {
		return nil
	}
	return m.saveOver(c.edit, c.mine, c.theirs)
}

// merge joins both changes and continues editing the result, with theirs as the
// base, once it is decided what contradicts itself.
func (c *conflictDialog) merge(m *Model) tea.Cmd {
	if c.theirs == nil {
		m.notice.warn(m.now(), "theirs is a deletion: there is nothing to merge with")
		return nil
	}
	if m.conceals(c.edit.key) {
		return m.unmasked(c.edit.key, c.merge)
	}
	r, by := fields.Merge(c.edit.key, c.edit.baseValue(), c.mine, c.theirs.Value)
	m.close(c)
	if !r.Clean {
		m.openMerge(c.edit, c.theirs, r)
		return nil
	}
	if by == format.Empty {
		m.notice.say(m.now(), "merged cleanly; review and save")
	} else {
		m.notice.say(m.now(), "merged by the fields of "+by.String()+"; review and save")
	}
	return m.editMerged(c.edit, c.theirs, r.Text)
}
