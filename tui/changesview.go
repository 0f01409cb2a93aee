package tui

import (
	"strings"

	"kvist/internal/changes"
	"kvist/kv"
)

// title returns the directory of the changes.
func (p *changesPane) title(m *Model) paneTitle { return m.titleBelow("Changes", m.opts.Prefix) }

// lay divides the pane: the head, the list, a rule, and what the change under the
// cursor did.
func (p *changesPane) lay(m *Model, w, h int) {
	p.breakLines(m, w)
	below := p.detailHeight(h)
	p.height = max(1, h-1-below)
	p.window(p.height)
	p.detail = max(1, below-1)
	p.diff.top = max(0, min(p.diff.top, len(p.layout.rows)-p.detail))
}

// view returns the list of changes and below it what the one under the cursor did.
func (p *changesPane) view(m *Model, w, h int) []string {
	detail := p.changeDetail(m, w)
	lines := []string{p.head(m, w)}
	if p.Rows() == 0 {
		text := " nothing has changed yet"
		if kept, _ := p.Kept(); kept > 0 {
			text = " no change matches"
		}
		return append(lines, m.look.muted.Paint(fit(text, w)))
	}
	top, at := p.window(p.height)
	for row := top; row < min(top+p.height, p.Rows()); row++ {
		lines = append(lines, p.drawChange(m, p.Get(p.Number(row)), w, row == at))
	}
	for len(lines) < h-len(detail) {
		lines = append(lines, blank(w))
	}
	return append(lines, detail...)
}

// head says how many changes there are, whether all of them are shown, and where
// the cursor is unless it stays with the newest.
func (p *changesPane) head(m *Model, w int) string {
	in := m.look.muted
	var parts []string
	if row := p.row(); row >= 0 && !p.newest {
		parts = append(parts, grouped(row+1)+"/"+grouped(p.Rows()))
	}
	if paused, fresh, lost := p.Paused(); paused {
		in = m.look.warn
		parts = append(parts, "paused", grouped(fresh)+" new")
		if lost > 0 {
			parts = append(parts, grouped(lost)+" lost")
		}
	}
	if p.query != nil {
		parts = append(parts, "filter "+clean(p.query.String())+": "+plural(p.Rows(), "line"))
	}
	total, since, ready := p.Total()
	text := plural(total, "change")
	if ready {
		text += " since " + since.Format("15:04:05")
	}
	if kept, dropped := p.Kept(); dropped {
		text += ", the last " + grouped(kept) + " lines kept"
	}
	if p.Partial() {
		text += ", of open folders only"
	}
	return in.Paint(fit(" "+strings.Join(append(parts, text), " · "), w))
}

// drawChange draws a line of the list.
func (p *changesPane) drawChange(m *Model, c *changes.Change, w int, selected bool) string {
	l := m.look
	cursor := l.selectedBlur
	if m.focus == p && !p.inside {
		cursor = l.selected
	}
	clock := "15:04:05"
	if w >= 60 {
		clock = "15:04:05.000"
	}
	at := " " + c.At.Format(clock) + " "
	if c.Kind.Mark() {
		text := fit("── "+changeMark(c)+" ", max(0, w-width(at)))
		if selected {
			return cursor.Paint(at + text)
		}
		return l.muted.Paint(at) + l.warn.Paint(text)
	}
	sign, in := m.changeSign(c.Kind)
	tail := " " + changeTail(c) + " "
	tail = fitLeft(tail, min(width(tail), w/2))
	room := max(0, w-width(at)-width(sign)-1-width(tail))
	key := fitLeft(cleanName(endOf(m.below(c.Key), 4*room)), room)
	if selected {
		return cursor.Paint(at + sign + " " + key + tail)
	}
	return l.muted.Paint(at) + in.Paint(sign) + l.text.Paint(" "+key) + l.muted.Paint(tail)
}

// changeSign returns the sign of a kind of change, and its ink.
func (m *Model) changeSign(k changes.Kind) (string, ink) {
	l := m.look
	switch k {
	case changes.Added:
		return l.signs.Added, l.diffAdd
	case changes.Removed, changes.FolderRemoved:
		return l.signs.Removed, l.diffDel
	default:
		return l.signs.Changed, l.accent
	}
}

// lastChange says what changed last.
func (p *changesPane) lastChange() string {
	if p.Rows() == 0 {
		return "something has changed"
	}
	c := p.Get(p.Number(p.Rows() - 1))
	verb := "changed "
	switch {
	case c.Kind.Mark():
		return changeMark(c)
	case c.Kind == changes.Added:
		verb = "added "
	case c.Kind == changes.Removed, c.Kind == changes.FolderRemoved:
		verb = "removed "
	}
	return verb + cleanName(c.Key)
}

// changeMark returns the words of a mark.
func changeMark(c *changes.Change) string {
	switch c.Kind {
	case changes.Relisting:
		return relistingWords(c.Missed)
	case changes.Coalesced:
		return "coalesced: several updates of a key came as one"
	case changes.Reloaded:
		return "reloaded: live again"
	case changes.ContactLost:
		return "contact lost, reconnecting"
	case changes.LiveAgain:
		if c.Missed == 0 {
			return "live again, nothing was missed"
		}
		return "live again; may have been missed: " + c.Missed.String()
	case changes.Stopped:
		return "stopped: nothing is followed until everything is read again"
	default: // LinesLost
		return plural(c.Lost, "line") + " lost here: more came while paused than are kept"
	}
}

// relistingWords says why everything is listed again.
func relistingWords(missed kv.Missed) string {
	const follows = "; what a new listing finds changed follows"
	switch {
	case missed&kv.Compacted != 0:
		return "compacted: the store discarded what happened meanwhile" + follows
	case missed&kv.Gap != 0:
		return "gap: what happened meanwhile was not seen" + follows
	default:
		return "listing again" + follows
	}
}

// changeTail returns the marks and sizes of a change.
func changeTail(c *changes.Change) string {
	parts := markWords(c.Was.Flags, c.Now.Flags)
	switch c.Kind {
	case changes.FolderRemoved:
		parts = []string{"all in it"}
	case changes.Added:
		parts = append(parts, sizeText(c.Now.Size))
	case changes.Removed:
		parts = []string{sizeText(c.Was.Size)}
	default:
		switch {
		case c.Was.Index == c.Now.Index: // only marks changed
		case c.Was.Size == c.Now.Size:
			parts = append(parts, sizeText(c.Now.Size))
		default:
			parts = append(parts, sizeText(c.Was.Size)+" → "+sizeText(c.Now.Size))
		}
	}
	if c.Found {
		parts = append(parts, "found")
	}
	return strings.Join(parts, " · ")
}
