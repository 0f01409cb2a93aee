package tui

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/keymap"
)

// helpNow opens the help.
func helpNow(t *testing.T, m *Model) *help {
	t.Helper()
	strike(m, "f1")
	h, ok := m.top().(*help)
	if !ok {
		t.Fatalf("the top is %T", m.top())
	}
	m.View()
	return h
}

// The help has as many columns as there is room for, of whole entries under their
// topic, and every entry is on some page.
func TestTheHelpHasColumns(t *testing.T) {
	for _, c := range []struct{ w, h, columns int }{{60, 15, 1}, {80, 24, 2}, {100, 30, 2}, {110, 30, 2}, {160, 45, 3}, {240, 60, 3}} {
		m := still(t, "", c.w, c.h)
		h := helpNow(t, m)
		if h.across != c.columns {
			t.Errorf("%dx%d has %d columns, want %d", c.w, c.h, h.across, c.columns)
		}
		seen := map[int]bool{}
		for i, column := range h.columns {
			if len(column) > h.high || column[0].heading == "" || column[len(column)-1].heading != "" {
				t.Errorf("%dx%d: column %d of %d lines is %+v", c.w, c.h, i, len(column), column)
			}
			for _, line := range column {
				seen[line.entry] = true
			}
		}
		if len(seen) != len(h.all)+1 { // and the headings
			t.Errorf("%dx%d shows %d of %d entries", c.w, c.h, len(seen)-1, len(h.all))
		}
		if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, "page 1 of ") {
			t.Errorf("%dx%d:\n%s", c.w, c.h, screen)
		}
	}
}

// On a small screen the columns have names, and below them stands what the entry under
// the cursor means in full. What fits into one column stands there in full. No key's
// name is broken.
func TestTheHelpIsBriefOnASmallScreen(t *testing.T) {
	m := still(t, "", 80, 24)
	h := helpNow(t, m)
	see(t, m, "l → expand folder", "d delete", "open or close a folder, go into a value")
	strike(m, "right", "down")
	see(t, m, h.fits[h.at].Help)
	typed(m, "when copying")
	see(t, m, "leave the keys that are there, overwrite")
	strike(m, "esc")
	typed(m, "bring there")
	if h.across != 1 {
		t.Errorf("%d columns", h.across)
	}
	see(t, m, "bring the key, folder or marks to the other side")
	for _, w := range []int{80, 160} {
		m := still(t, "", w, 45)
		h := helpNow(t, m)
		for _, line := range slices.Concat(h.columns...) {
			for _, key := range strings.Fields(line.keys) {
				if !h.all[line.entry].hasKey(key) {
					t.Errorf("%q is no key of %q", key, h.all[line.entry].Keys)
				}
			}
		}
	}
}

// Each letter that is typed narrows the help: by words, by keys and by what the keys do.
func TestTheHelpIsFilteredAsYouType(t *testing.T) {
	for text, want := range map[string]keymap.Action{
		"delete": keymap.DeleteKey, "subtree": keymap.DeleteSubtree, "rm": keymap.DeleteKey, "D": keymap.DeleteSubtree, "d": keymap.DeleteKey,
		"gt": keymap.TabNext, "ctrl+z": keymap.AppSuspend, "bookmark list": keymap.BookmarkList, "?": keymap.AppHelp, "UNDO last": keymap.UndoLast,
		"=": keymap.TreeOpenAll,
	} {
		m := still(t, "", 100, 30)
		strike(m, "l", "j")
		h := helpNow(t, m)
		all := len(h.fits)
		if text != "?" {
			typed(m, text)
		} else {
			typed(m, " ?")
		}
		if len(h.fits) == 0 || len(h.fits) >= all || h.fits[h.at].Action != want {
			t.Errorf("%q leaves %d of %d; the cursor is on %+v, want %s", text, len(h.fits), all, h.fits[min(h.at, len(h.fits)-1)], want)
		}
		strike(m, "esc")
		if m.top() != surface(h) || len(h.fits) != all {
			t.Errorf("after esc the top is %T, with %d entries", m.top(), len(h.fits))
		}
		if strike(m, "esc"); m.top() == surface(h) {
			t.Error("a second esc does not close it")
		}
	}
	m := still(t, "", 100, 30)
	helpNow(t, m)
	typed(m, "zzz")
	see(t, m, "no key does that")
	strike(m, "enter", "down", "left", "pgdown")
}

// No key acts while the help is open: all are text, or move in it.
func TestNoKeyActsInTheHelp(t *testing.T) {
	for _, key := range allKeys() {
		if key == "enter" || key == lineFeed || key == "ctrl+c" || key == "ctrl+z" || key == "gt" || key == "gT" || key == "gq" {
			continue
		}
		m := still(t, "", 100, 30)
		strike(m, "l", "j")
		before, open := m.tree.cursor, m.tree.tree.Len()
		strike(m, "?")
		give(m, keyPress(key))
		if _, ok := m.top().(*help); !ok {
			if key != "?" && key != "f1" && key != "esc" {
				t.Errorf("%s leaves the help", key)
			}
			continue
		}
		if m.tree.cursor != before || m.tree.tree.Len() != open || m.editor != nil || len(m.dialogs) != 1 {
			t.Errorf("%s acts behind the help", key)
		}
	}
}

// Enter does what the entry says, where the help was opened.
func TestEnterDoesTheEntry(t *testing.T) {
	m := still(t, "", 100, 30)
	helpNow(t, m)
	typed(m, "open all below")
	rows := m.tree.tree.Len()
	strike(m, "enter")
	if m.top() != surface(m.tree) || m.tree.tree.Len() <= rows {
		t.Errorf("the top is %T, with %d rows", m.top(), m.tree.tree.Len())
	}

	showChanges(m)
	helpNow(t, m)
	typed(m, "pause")
	strike(m, "enter")
	if paused, _, _ := changesOf(m).Paused(); !paused {
		t.Error("in the list of changes, nothing is paused")
	}
}

// In the editor, the help does what belongs to the editor, and leaves the text as it
// is.
func TestEnterDoesTheEntryInTheEditor(t *testing.T) {
	m := still(t, "", 100, 30)
	showLimits(m)
	strike(m, "e")
	helpNow(t, m)
	typed(m, "select everything")
	strike(m, "enter")
	if got := m.editor.area.Selected(); got != string(m.editor.edit.base.Value) {
		t.Errorf("selected is %q", got)
	}
}

// What cannot be done here is not done, and the help says why.
func TestTheHelpSaysWhatCannotBeDone(t *testing.T) {
	m := still(t, "", 120, 40)
	h := helpNow(t, m)
	typed(m, "carry out exactly")
	see(t, m, "plan.yes, not here, but under Plan")
	if strike(m, "enter"); m.top() != surface(h) || !strings.Contains(m.notice.text, "not here") {
		t.Errorf("the top is %T, and it says %q", m.top(), m.notice.text)
	}
	strike(m, "esc", "esc")

	m.opts.ReadOnly = true
	helpNow(t, m)
	typed(m, "add a key")
	see(t, m, "key.add, not now: the profile is read-only")
	strike(m, "enter")
	see(t, m, "read-only profile")
}

// The help over a question does not answer it.
func TestTheHelpDoesNotAnswer(t *testing.T) {
	m := still(t, "", 120, 40)
	opened()["plan"](m)
	read(m)
	d := m.top().(*planDialog)
	h := helpNow(t, m)
	typed(m, "carry out exactly")
	see(t, m, "an answer: press y where the question is")
	strike(m, "enter")
	if d.running || m.top() != surface(h) {
		t.Error("it is answered")
	}
	strike(m, "esc")
	typed(m, "find in the plan")
	strike(m, "enter")
	if _, asks := m.top().(*prompt); !asks {
		t.Errorf("finding in the plan leads to %T", m.top())
	}
}

// Left and right lead to the columns beside, and past the last one to the next page.
func TestMovingInTheHelp(t *testing.T) {
	m := still(t, "", 160, 45)
	h := helpNow(t, m)
	strike(m, "down", "right")
	if at := h.places[h.at]; at.x != 1 || at.y < 1 {
		t.Errorf("right leads to %+v", at)
	}
	strike(m, "right", "right")
	if at := h.places[h.at]; at.x != 3 || h.firstColumn() != 3 {
		t.Errorf("the next page begins at column %d, the cursor is in %d", h.firstColumn(), at.x)
	}
	strike(m, "left")
	if h.firstColumn() != 0 {
		t.Error("left does not lead back")
	}
	strike(m, "end", "right", "pgdown", "down")
	if h.at != len(h.fits)-1 {
		t.Errorf("the end is entry %d of %d", h.at+1, len(h.fits))
	}
	strike(m, "home", "left", "pgup", "up")
	if h.at != 0 {
		t.Errorf("the beginning is entry %d", h.at+1)
	}
	v := m.View()
	line := strings.Split(ansi.Strip(v.Content), "\n")[v.Cursor.Y]
	if !strings.Contains(line, "│   enter         open or close") {
		t.Errorf("the terminal's cursor is on %q", line)
	}
}

// A click chooses an entry, a second one does it.
func TestTheMouseInTheHelp(t *testing.T) {
	m := still(t, "", 160, 45)
	h := helpNow(t, m)
	typed(m, "all below")
	m.View()
	click := func() {
		at := h.places[1]
		give(m, tea.MouseClickMsg{X: m.dialogAt.x + at.x*(h.wide+helpGap) + 2, Y: m.dialogAt.y + 1 + at.y, Button: tea.MouseLeft})
		m.View()
	}
	rows := m.tree.tree.Len()
	click()
	if h.at != 1 || m.top() != surface(h) {
		t.Fatalf("the cursor is on %d", h.at)
	}
	h.at = 0
	strike(m, "down")
	click()
	if m.top() == surface(h) || m.tree.tree.Len() > rows {
		t.Errorf("the top is %T", m.top())
	}
}
