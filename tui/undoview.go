package tui

import (
	"errors"
	"maps"
	"slices"
	"time"

	"kvist/internal/explain"
	"kvist/internal/undo"
	"kvist/keymap"
	"kvist/themes"
)

// lay makes the dialog's lines.
func (d *undoDialog) lay(m *Model, w, h int) {
	d.asked = 0
	switch {
	case d.running:
		d.body = m.progressLines(d.doing()+": "+d.what(), int(d.done.Load()), max(1, d.will.Records), themes.Accent, w)
	case d.undo == nil && d.err == nil:
		d.body = []string{m.look.muted.Paint(fit("reading the journal", w))}
	case d.did != nil:
		d.body = d.reportLines(m, w)
	case d.undo == nil:
		d.body = m.paragraph(m.look.warn, explain.Error(d.err), w)
	default:
		d.body = d.head(m, w)
	}
	d.fit(len(d.body)+len(d.rows(m, w)), h-2)
}

// rows returns the rows of the difference of a single write.
func (d *undoDialog) rows(m *Model, w int) []diffRow {
	if _, ok := d.single(); !ok || d.running || d.did != nil {
		return nil
	}
	return d.change.lay(m, w)
}

// view shows the lines in sight.
func (d *undoDialog) view(m *Model, w, _ int) dialogView {
	v := dialogView{title: "Undo", wanted: w}
	if d.redoes() {
		v.title = "Redo"
	}
	rows := d.rows(m, w)
	for i := d.top; i < d.end(); i++ {
		if i < len(d.body) {
			v.lines = append(v.lines, d.body[i])
		} else {
			v.lines = append(v.lines, m.drawDiffAt(rows, i-len(d.body), w))
		}
	}
	d.seen = max(d.seen, d.end())
	v.unread = d.seen < d.asked
	return dialogWith(v, m.moreBelow(d.count-d.end()), fitStyled(d.keys(m), w))
}

// keys returns the keys that work now.
func (d *undoDialog) keys(m *Model) string {
	cancel, older := named{keymap.DialogCancel, "close"}, named{keymap.UndoOlder, "older"}
	s, conflict := d.inConflict()
	switch {
	case d.running || d.undo == nil && d.err == nil:
		cancel.text = "stop"
	case conflict && s.Write.After != nil:
		return m.namedKeys(keymap.ScopeUndo, named{keymap.UndoCompare, "compare and merge"}, older, cancel)
	case d.stuck():
		return m.namedKeys(keymap.ScopeUndo, older, cancel)
	case d.asks():
		cancel.text = "cancel"
		if counts(m, d) {
			return countLine(m, d) + "  " + m.namedKeys(keymap.ScopeUndo, cancel)
		}
		return m.namedKeys(keymap.ScopeUndo, named{keymap.UndoYes, d.verb()}, cancel)
	}
	return m.namedKeys(keymap.ScopeUndo, cancel)
}

func (d *undoDialog) verb() string {
	if d.redoes() {
		return "redo"
	}
	return "undo"
}

func (d *undoDialog) nothing() string {
	if d.redoes() {
		return "nothing was done again"
	}
	return "nothing was undone"
}

// paragraph wraps and paints a text.
func (m *Model) paragraph(in ink, text string, w int) []string {
	var lines []string
	for _, line := range wrap(text, w) {
		lines = append(lines, in.Paint(line))
	}
	return lines
}

// head says what will be put back, and what will not.
func (d *undoDialog) head(m *Model, w int) []string {
	l, s := m.look, &d.will
	when := ", "
	if d.redoes() {
		when = ", which was undone "
	}
	var lines []string
	for i := range d.answers {
		lines = append(lines, m.paragraph(l.warn, answerSaid(&d.answers[i]), w)...)
	}
	lines = append(lines, m.paragraph(l.text, d.what()+when+ago(d.found, d.undo.Entry.Time), w)...)
	switch {
	case d.stuck() && d.err != nil:
		why := explain.Error(d.err)
		if errors.Is(d.err, undo.ErrHidden) {
			why += m.inHistory()
		}
		return append(lines, m.paragraph(l.warn, "nothing can be put back: "+why, w)...)
	case d.err != nil:
		return append(lines, m.paragraph(l.warn, explain.Error(d.err), w)...)
	}
	lines = append(lines, m.paragraph(l.accent, undoPlanned(s), w)...)
	if s.SetBack > 0 {
		lines = append(lines, m.paragraph(l.warn, setBackSaid(s), w)...)
	}
	if n := len(s.Conflicts); n > s.SetBack {
		lines = append(lines, m.paragraph(l.warn, undoConflict(s, d.undo.Entry.Plan != nil), w)...)
	}
	if len(s.Stay) > 0 {
		lines = append(lines, m.paragraph(l.warn, undoStays(s), w)...)
	}
	if undo.TakesBackMove(&d.undo.Entry, s) {
		lines = append(lines, m.paragraph(l.danger, undo.MoveWarning+" ("+m.keyFor(keymap.ScopeGlobal, keymap.UndoLast)+" there)", w)...)
	}
	lines = append(lines, m.undoLosses(s, w)...)
	if d.undo.Entry.Plan == nil {
		d.asked = len(lines)
		return append(lines, "")
	}
	d.asked = len(lines)
	lines = append(lines, "")
	for i := range s.First {
		lines = append(lines, m.drawStep(&s.First[i], w))
	}
	if more := s.Steps() - len(s.First); more > 0 {
		lines = append(lines, l.muted.Paint(fit("… and "+plural(more, "more key"), w)))
	}
	return lines
}

// answersSaid says what became of writes, before another sentence.
func answersSaid(answers []undo.Answer) string {
	said := ""
	for i := range answers {
		said += answerSaid(&answers[i]) + "; "
	}
	return said
}

// answerSaid says what the store shows of an entry to which it had never answered.
func answerSaid(a *undo.Answer) string {
	if a.Entry.Plan != nil {
		return "the server never answered all of " + entryTitle(&a.Entry) + ": of those " + outcomesSaid(a.Written, a.Unwritten, a.Unknown)
	}
	what := entryTitle(&a.Entry)
	switch {
	case a.Written > 0:
		return "the server never answered, but it was carried out: " + what
	case a.Unwritten > 0:
		return "the server never answered, and it was not carried out: " + what
	}
	return "the server never answered, and nobody knows any more whether it was carried out, since somebody wrote there later: " + what
}

// undoPlanned says what will be done.
func undoPlanned(s *undo.Summary) string {
	said := ""
	add := func(n int, text string) {
		if n > 0 {
			if said != "" {
				said += ", "
			}
			said += text
		}
	}
	add(s.Restored, plural(s.Restored, "key")+" will be put back")
	add(s.Deleted, plural(s.Deleted, "key")+" will be deleted")
	add(s.Already, plural(s.Already, "key")+" as it was already")
	if said == "" {
		return "nothing can be put back"
	}
	if s.Nothing() {
		return "nothing can be put back, " + said
	}
	return said
}

// setBackSaid says that the store is in an older state than the journal knows.
func setBackSaid(s *undo.Summary) string {
	return "the store was set back to an older state: " + plural(s.SetBack, "key") + " older there than what kvist wrote, and left alone"
}

// undoConflict says what somebody else wrote since.
func undoConflict(s *undo.Summary, plan bool) string {
	if plan {
		return plural(len(s.Conflicts)-s.SetBack, "key") + " changed by someone else since, and left alone: " + cleanName(s.Conflicts[0])
	}
	if s.First[0].Write.After == nil {
		return "someone else changed it since, so it is not deleted"
	}
	return "someone else changed it since; nothing is overwritten"
}

// undoStays says which keys a move brought and are left alone.
func undoStays(s *undo.Summary) string {
	return plural(len(s.Stay), "key") + " left alone: " + cleanName(s.Stay[0]) + ": " + undo.StaysSaid
}

// undoLosses says what does not come back.
func (m *Model) undoLosses(s *undo.Summary, w int) []string {
	var lines []string
	for _, word := range slices.Sorted(maps.Keys(s.Unkept)) {
		lines = append(lines, m.paragraph(m.look.warn, "does not come back: "+clean(word)+" ("+plural(s.Unkept[word], "key")+")"+unkeptOf(s, word), w)...)
	}
	if s.Used > 0 {
		lines = append(lines, m.paragraph(m.look.muted, plural(s.Used, "folder")+" in which there are other keys: left alone", w)...)
	}
	if s.Ended > 0 {
		lines = append(lines, m.paragraph(m.look.warn, "does not come back: "+plural(s.Ended, "ephemeral key")+", which only its own session can make", w)...)
	}
	if s.Places > 0 {
		lines = append(lines, m.paragraph(m.look.warn, "the lock's entry comes back, but its program has most likely given it up: it blocks the lock until its lease or TTL ends", w)...)
	}
	if s.Typeless > 0 {
		lines = append(lines, m.paragraph(m.look.muted, plural(s.Typeless, "znode")+" made again as plain: ZooKeeper does not show whether a znode was a container or had a TTL", w)...)
	}
	if s.Hidden > 0 {
		lines = append(lines, m.paragraph(m.look.warn, "the journal does not keep the values of "+plural(s.Hidden, "key")+m.inHistory(), w)...)
	}
	return lines
}

// unkeptOf names the first key that does not get back what a word says.
func unkeptOf(s *undo.Summary, word string) string {
	if s.Records < 2 {
		return "" // it is named above
	}
	if s.Unkept[word] > 1 {
		return ", such as " + cleanName(s.UnkeptOf[word])
	}
	return ": " + cleanName(s.UnkeptOf[word])
}

// drawStep draws what becomes of a key of a plan.
func (m *Model) drawStep(s *undo.Step, w int) string {
	l := m.look
	sign, in, note := l.signs.Added, l.good, ""
	switch {
	case s.SetBack:
		sign, in, note = l.signs.Changed, l.warn, "older than what kvist wrote"
	case s.Conflict:
		sign, in, note = l.signs.Changed, l.warn, "changed since"
	case s.Stays:
		sign, in, note = " ", l.warn, "left alone"
	case s.Used:
		sign, in, note = " ", l.muted, "holds other keys"
	case s.Done:
		sign, note = " ", "as it was"
	case s.Ended:
		sign, in, note = l.signs.Removed, l.muted, "only its session can make it"
	case s.Write.After == nil:
		sign, in = l.signs.Removed, l.signRemoved
	case s.Now != nil:
		sign, in = l.signs.Changed, l.warn
	}
	room := max(1, w-3-width(note))
	name := cleanName(s.Write.Key)
	return in.Paint(fit(sign, 1)+" ") + l.text.Paint(fit(fitMiddle(name, min(room, width(name))), room)) + " " + l.muted.Paint(note)
}

// doing says what is under way.
func (d *undoDialog) doing() string {
	if d.redoes() {
		return "doing again"
	}
	return "undoing"
}

// reportLines say what was put back and what was not.
func (d *undoDialog) reportLines(m *Model, w int) []string {
	l, s := m.look, d.did
	lines := m.paragraph(l.text, d.said(), w)
	if len(s.Conflicts) > 0 {
		lines = append(lines, l.warn.Paint(fit("changed by someone else since, and left alone: "+plural(len(s.Conflicts), "key"), w)))
	}
	for _, key := range firstOf(s.Conflicts, planShown) {
		lines = append(lines, l.text.Paint(fitLeft("  "+cleanName(key), w)))
	}
	if len(s.Stay) > 0 {
		lines = append(lines, m.paragraph(l.warn, undoStays(s), w)...)
	}
	if len(s.Failed) > 0 {
		lines = append(lines, l.danger.Paint(fit("not put back: "+plural(len(s.Failed), "key"), w)))
	}
	lines = append(lines, m.outcomes(s.Failed, w)...)
	if s.Left > 0 {
		lines = append(lines, l.warn.Paint(fit(plural(s.Left, "key")+" not tried", w)))
	}
	lines = append(lines, m.undoLosses(s, w)...)
	if d.err != nil {
		lines = append(lines, m.paragraph(l.danger, explain.Error(d.err), w)...)
	}
	return lines
}

// entryTime returns when an entry was made, in full where it is not of today.
func entryTime(now, at time.Time) string {
	at = at.Local()
	if now.Local().YearDay() == at.YearDay() && now.Year() == at.Year() {
		return at.Format(time.TimeOnly)
	}
	return at.Format("01-02 15:04")
}
