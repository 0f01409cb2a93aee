package tui

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"kvist/internal/changes"
	"kvist/kv"
	"kvist/tui/tree"
)

// view draws the folder in w cells.
func (f *folderPart) view(m *Model, w int) []string {
	if f.key == "" {
		return nil
	}
	whole := w
	w = min(w, folderWidth)
	lines := f.drawChildren(m, w)
	if n := f.room.changes; n > 0 {
		lines = append(lines, m.drawHeading("newest changes", whole))
		for i := range n - 1 {
			lines = append(lines, f.drawChange(m, &f.newest[i], w))
		}
	}
	if n := f.room.locks; n > 0 {
		lines = append(lines, m.drawHeading("locked below", whole))
		for _, text := range f.lockLines(m)[:n-1] {
			lines = append(lines, m.look.text.Paint(fit(" "+text, w)))
		}
	}
	return lines
}

// drawHeading draws a rule with words in it.
func (m *Model) drawHeading(text string, w int) string {
	return m.look.border.Paint("╌╌ ") + m.look.muted.Paint(text) + m.look.border.Paint(" "+strings.Repeat("╌", max(0, w-4-width(text))))
}

// child is a child of a folder as it is drawn.
type child struct {
	row       tree.Row
	size, age string
}

// drawChildren draws the children that have a line: name, marks, size and when they
// changed, as far as that is known.
func (f *folderPart) drawChildren(m *Model, w int) []string {
	now, all := m.now(), make([]child, len(f.rows))
	marks, sizes, ages := 0, 0, 0
	for i, row := range f.rows {
		c := child{row, childSize(row), ""}
		if at, ok := f.at[row.Name]; ok {
			c.age = ago(now, at)
		}
		all[i] = c
		marks = max(marks, width(m.look.signsOf(kv.KeyFlags(row.Flags))))
		sizes, ages = max(sizes, width(c.size)), max(ages, width(c.age))
	}
	var lines []string
	for _, c := range all {
		lines = append(lines, m.drawChild(c, w, [3]int{marks, sizes, ages}, now))
	}
	switch {
	case f.more > 0 && len(f.rows) > 0:
		lines = append(lines, m.look.muted.Paint(fit("  … "+grouped(f.more)+" more", w)))
	case f.more > 0:
		lines = append(lines, m.look.muted.Paint(fit("  "+grouped(f.more)+" in it", w)))
	case f.bare:
		lines = append(lines, m.look.muted.Paint(fit("  not listed: only open folders are followed", w)))
	}
	return lines
}

// childSize says how large a child is, or how many keys are in it.
func childSize(row tree.Row) string {
	keys := ""
	switch {
	case row.Unlisted, row.More && row.Count == 0:
		keys = "…"
	case row.More:
		keys = grouped(row.Count) + "+ keys"
	case row.IsFolder:
		keys = plural(row.Count, "key")
	}
	switch {
	case row.Size < 0 || !row.IsKey || keys != "" && row.Size == 0:
		return keys
	case keys == "":
		return sized(int64(row.Size))
	}
	return sized(int64(row.Size)) + " · " + keys
}

// drawChild draws a child in columns.
func (m *Model) drawChild(c child, w int, columns [3]int, now time.Time) string {
	l := m.look
	inks, sign := m.inksFor(c.row, now)
	signs, n := l.marked(kv.KeyFlags(c.row.Flags))
	tail := ""
	for i, text := range []string{c.size, c.age} {
		if wide := columns[i+1]; wide > 0 {
			tail += "  " + blank(wide-width(text)) + text
		}
	}
	room := max(0, w-2-columns[0]-width(tail)-1)
	name := rowName(c.row, room)
	name = fit(fitMiddle(name, min(width(name), room)), room)
	return inks.sign.Paint(sign) + " " + inks.name.Paint(name) + blank(columns[0]-n) + signs + l.count.Paint(tail) + " "
}

// drawChange draws a change below the folder.
func (f *folderPart) drawChange(m *Model, c *changes.Change, w int) string {
	l := m.look
	sign, in := l.signs.Changed, l.accent
	switch c.Kind {
	case changes.Added:
		sign, in = l.signs.Added, l.diffAdd
	case changes.Removed, changes.FolderRemoved:
		sign, in = l.signs.Removed, l.diffDel
	}
	age := "  " + ago(m.now(), c.At) + " "
	room := max(0, w-2-width(age))
	name := cleanName(endOf(strings.TrimPrefix(c.Key, f.key+"/"), 4*room))
	return in.Paint(sign) + l.text.Paint(" "+fit(fitLeft(name, min(width(name), room)), room)) + l.muted.Paint(age)
}

// lockLines are the lines about locks below the folder; none while nothing is known, or
// where there are no locks.
func (f *folderPart) lockLines(m *Model) []string {
	l, lines := &f.locks, []string{}
	if l.of != f.key || l.read.IsZero() {
		return nil
	}
	for i, lock := range l.found {
		if i == folderLocksShown-1 && len(l.found) > folderLocksShown {
			return append(lines, "… "+plural(len(l.found)-i, "more lock"))
		}
		lines = append(lines, f.lockLine(m, &lock))
	}
	switch {
	case errors.Is(l.err, kv.ErrIncomplete):
		lines = append(lines, "there may be more that this login may not read")
	case l.err != nil:
		lines = append(lines, "not known: "+clean(l.err.Error()))
	}
	return lines[:min(len(lines), folderLocksShown)]
}

// lockLine says who holds a lock, and how many wait.
func (f *folderPart) lockLine(m *Model, lock *kv.LockInfo) string {
	text := m.look.signs.Locked + " " + cleanName(strings.TrimPrefix(lock.Key, f.key+"/"))
	switch holders := len(lock.Holders); {
	case holders == 0:
		text += ": nobody holds it"
	default:
		text += ": " + clean(cmp.Or(m.claimName(lock.Holders[0]), lock.Holders[0].ID))
		if holders > 1 {
			text += " and " + itoa(holders-1) + " more"
		}
	}
	if n := len(lock.Waiters); n > 0 {
		text += ", " + itoa(n) + " waiting"
	}
	return text
}
