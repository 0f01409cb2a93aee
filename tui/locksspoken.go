package tui

import "strings"

// spokenRow says the lock, holder or waiter under the cursor.
func (p *locksPane) spokenRow(m *Model) string {
	line := p.lines[p.at]
	lock := p.locks[line.lock]
	said := cleanName(lock.Key) + ", " + lock.Recipe
	switch {
	case line.contender != nil:
		head := strings.TrimPrefix(strings.TrimSpace(p.claimHead(m, line, linearWidth)), m.look.signs.Holder+" ")
		tail := p.claimTail(m, *line.contender, claimVerb(line.waits), linearWidth, 0)
		tail = strings.NewReplacer("≥", "at least", " · ", ", ").Replace(tail)
		said = head + ", " + strings.Join(strings.Fields(tail), " ")
	case line.remark != "":
		said = clean(line.remark)
	}
	return said + place(p.at, len(p.lines))
}
