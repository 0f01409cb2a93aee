package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kvist/internal/explain"
	"kvist/kv"
)

// title returns the directory of the locks.
func (p *locksPane) title(m *Model) paneTitle { return m.titleBelow("Locks", m.opts.Prefix) }

// lay puts an error above the list, and the claim under the cursor below it.
func (p *locksPane) lay(m *Model, w, h int) {
	p.above, p.detail = nil, nil
	if p.err != nil {
		for _, line := range wrap(explain.Error(p.err), w-2) {
			p.above = append(p.above, m.look.warn.Paint(fit(" "+line, w)))
		}
	}
	if text := p.nothing(); text != "" {
		p.above = append(p.above, m.look.muted.Paint(fit(" "+text, w)))
	} else {
		p.detail = p.claimDetail(m, w, h)
	}
	p.fit(len(p.lines), h-len(p.above)-len(p.detail))
}

// nothing says why the list is empty; "" when it is not.
func (p *locksPane) nothing() string {
	switch {
	case p.read.IsZero() && p.err == nil:
		return "reading the locks…"
	case len(p.lines) == 0 && errors.Is(p.err, kv.ErrIncomplete):
		return "no locks that this login may read"
	case len(p.lines) == 0 && p.err == nil:
		return "no locks here"
	default:
		return ""
	}
}

// view returns the list of locks, and below it the claim under the cursor.
func (p *locksPane) view(m *Model, w, h int) []string {
	lines := slices.Clone(p.above)
	end := p.end(len(p.lines))
	brevity := p.sinceBrevity(m, p.lines[p.top:end], w)
	for i := p.top; i < end; i++ {
		lines = append(lines, p.drawLockLine(m, p.lines[i], w, i == p.at && m.focus == p, brevity))
	}
	for len(p.detail) > 0 && len(lines) < h-len(p.detail) {
		lines = append(lines, blank(w))
	}
	return append(lines, p.detail...)
}

// detailRoom is the fewest lines that the list keeps.
const detailRoom = 6

// claimDetail returns everything known of the claim under the cursor: a line of the
// list is too short for the names of sessions.
func (p *locksPane) claimDetail(m *Model, w, h int) []string {
	if m.focus != p || p.at >= len(p.lines) || p.lines[p.at].contender == nil {
		return nil
	}
	c := *p.lines[p.at].contender
	facts := []string{}
	if c.Name != "" {
		facts = append(facts, cleanName(m.claimName(c)))
	}
	facts = append(facts, clean(c.ID), "claim "+cleanName(c.Key))
	if more := p.claimFacts(m, c, p.since(m, c, claimVerb(p.lines[p.at].waits))[0], clean(c.Note)); more != "" {
		facts = append(facts, more)
	}
	lines := []string{m.look.border.Paint(strings.Repeat("╌", w))}
	for _, fact := range facts {
		for _, line := range wrap(fact, w-2) {
			lines = append(lines, m.look.muted.Paint(fit(" "+line, w)))
		}
	}
	lines = lines[:max(0, min(len(lines), h-detailRoom))]
	if len(lines) < 2 {
		return nil // a rule with nothing below
	}
	return lines
}

// claimHead names the holder or waiter of a line.
func (p *locksPane) claimHead(m *Model, line lockLine, w int) string {
	if line.waits == 0 {
		return "   " + m.look.signs.Holder + " holder " + p.claimant(m, *line.contender, w)
	}
	return "   " + itoa(line.waits) + ". waiting: " + p.claimant(m, *line.contender, w)
}

// claimRoom returns the cells that the head of a claim leaves on its line.
func claimRoom(head string, w int) int { return w - min(width(head), 2*w/3) - 2 }

// sinceBrevity returns how briefly the claims in sight say since when they exist:
// all alike, to keep the columns, and brief enough not to cut a name.
func (p *locksPane) sinceBrevity(m *Model, lines []lockLine, w int) int {
	brevity := 0
	for _, line := range lines {
		if line.contender == nil {
			continue
		}
		since, room := p.since(m, *line.contender, claimVerb(line.waits)), claimRoom(p.claimHead(m, line, w), w)
		for brevity < len(since)-1 && width(p.claimFacts(m, *line.contender, since[brevity], "")) > room {
			brevity++
		}
	}
	return brevity
}

// drawLockLine draws a line of the list.
func (p *locksPane) drawLockLine(m *Model, line lockLine, w int, selected bool, brevity int) string {
	l, lock := m.look, p.locks[line.lock]
	var text, tail string
	paint := l.text
	switch {
	case line.contender != nil:
		text = p.claimHead(m, line, w)
		tail = p.claimTail(m, *line.contender, claimVerb(line.waits), claimRoom(text, w), brevity)
		if line.waits == 0 {
			paint = l.good
		}
	case line.remark != "":
		text, paint = "   "+clean(line.remark), l.muted
	default:
		text, tail, paint = " "+cleanName(lock.Key), lock.Recipe, l.folder
	}
	if tail != "" {
		tail = " " + tail + " "
	}
	tail = fit(tail, min(width(tail), max(w-width(text), w/3)))
	text = fit(text, w-width(tail))
	if selected {
		return l.selected.Paint(text + tail)
	}
	return paint.Paint(text) + l.muted.Paint(tail)
}

// claimant names who claims; without room for the ID, by the name alone.
func (p *locksPane) claimant(m *Model, c kv.Contender, w int) string {
	if text := clean(m.who(c)); c.Name == "" || width(text) < w/2 {
		return text
	}
	return cleanName(m.claimName(c))
}

// claimVerb says what a claim does; waits is its place in the queue, or 0.
func claimVerb(waits int) string {
	if waits > 0 {
		return "waiting"
	}
	return "held"
}

// claimTail returns the mode, since when, the time left and a remark. Without room
// for all, the remark is left out first, then "since when" is shortened from
// brevity on.
func (p *locksPane) claimTail(m *Model, c kv.Contender, verb string, room, brevity int) string {
	since, text := p.since(m, c, verb)[brevity:], ""
	if c.Note != "" {
		if text = p.claimFacts(m, c, since[0], clean(c.Note)); width(text) <= room {
			return text
		}
	}
	for _, s := range since {
		if text = p.claimFacts(m, c, s, ""); width(text) <= room {
			break
		}
	}
	return text
}

// claimFacts joins the parts of a claim's tail.
func (p *locksPane) claimFacts(m *Model, c kv.Contender, since, note string) string {
	ttl := ""
	if c.TTL > 0 || c.Left > 0 {
		ttl = p.claimLeft(m, c)
	}
	parts := slices.DeleteFunc([]string{c.Mode, since, ttl, note}, func(part string) bool { return part == "" })
	return strings.Join(parts, " · ")
}

// claimLeft says how long the claim lives without renewal.
func (p *locksPane) claimLeft(m *Model, c kv.Contender) string {
	if c.Left < 0 {
		return "TTL " + short(c.TTL)
	}
	left := short(max(0, c.Left-m.now().Sub(p.read)))
	if c.TTL <= 0 {
		return left + " left"
	}
	// Both have the width of the longer one, so that the columns do not move.
	of := short(c.TTL)
	return "TTL " + strings.Repeat(" ", max(0, len(of)-len(left))) + left + "/" + of
}

// since says when a claim was made, from the longest form to none: by the store's
// time, or by how long it has been seen here. That is the least time for which it
// has held the lock or waited, as verb says.
func (p *locksPane) since(m *Model, c kv.Contender, verb string) []string {
	if !c.Since.IsZero() {
		at := c.Since.Local()
		brief := "since " + at.Format("15:04")
		if m.now().Sub(at) > 12*time.Hour { // it may be another day
			brief = "since " + at.Format("Jan 2")
		}
		return []string{"since " + at.Format("Jan 2 15:04:05"), brief, ""}
	}
	index := m.revision(c.Index)
	if at, ok := p.first[claimOf(c)]; ok {
		seen := verb + " ≥ " + fmt.Sprintf("%3s", short(m.now().Sub(at)))
		return []string{index + ", " + seen, seen, ""}
	}
	return []string{index, "", ""}
}
