package tui

import (
	"errors"
	"slices"
	"strings"

	"kvist/internal/explain"
	"kvist/kv"
	"kvist/themes"
)

// lay makes the lines above and below the list: what will be deleted, or the
// progress, or what was done.
func (d *planDialog) lay(m *Model, w, h int) {
	body := planBody{}
	switch {
	case d.report != nil:
		body.head = d.reportLines(m, w)
	case d.running:
		body.head = m.progressLines("deleting "+d.subject(), int(d.done.Load()), len(d.plan.Keys), themes.Error, w)
	case d.err != nil:
		body.head = m.paragraph(m.look.warn, explain.Error(d.err), w)
	case d.plan == nil:
		body.head = []string{m.look.muted.Paint(fit("reading what is below "+d.subject(), w))}
	default:
		body = planBody{head: d.head(m, w), rows: d.list.rows, foot: d.foot(m, w)}
	}
	d.layBody(body, h)
}

// view shows the lines of the plan in sight.
func (d *planDialog) view(m *Model, w, _ int) dialogView {
	v := d.show(m, d, w)
	v.title, v.danger = "Delete plan", true
	return v
}

func (d *planDialog) turns() []named { return nil }

func (d *planDialog) verb() string { return "delete" }

func (d *planDialog) nothing() string { return "nothing was deleted" }

func (d *planDialog) mark(m *Model, _ int) planMark {
	return planMark{m.look.signRemoved, m.look.signs.Removed, ""}
}

// subject names what is deleted.
func (d *planDialog) subject() string {
	if d.of.many() {
		return d.of.words()
	}
	return cleanName(d.prefix)
}

// head says what will be deleted, how much, and what to watch for.
func (d *planDialog) head(m *Model, w int) []string {
	l, p := m.look, d.plan
	what := "delete everything under " + cleanName(strings.TrimSuffix(d.prefix, "/")+"/")
	switch {
	case d.of.many():
		what = "delete " + d.of.words()
	case d.single:
		what = "delete " + cleanName(d.prefix) + ", this key alone"
	case d.away != nil:
		what = "delete what only one side has in " + cleanName(strings.TrimSuffix(d.prefix, "/")+"/")
	case slices.ContainsFunc(p.Keys[:min(1, len(p.Keys))], func(k kv.PlannedKey) bool { return k.Key == d.prefix }):
		what = "delete " + cleanName(d.prefix) + " and everything under it"
	}
	var lines []string
	add := func(in ink, text string) {
		for _, line := range wrap(text, w) {
			lines = append(lines, in.Paint(line))
		}
	}
	add(l.text, what)
	if d.away != nil {
		add(l.warn, "of "+d.away.words+", since the other side has nothing of it")
	}
	add(l.danger, plural(len(p.Keys), "key")+planBytes(d.totals, len(p.Keys))+" will be deleted")
	if d.hidden > 0 {
		add(l.warn, grouped(d.hidden)+" of these are hidden by the filter")
	}
	if text := d.unseen.text(); text != "" {
		add(l.warn, text)
	}
	for _, warning := range markWarnings(d.totals, len(p.Keys)) {
		add(l.warn, warning)
	}
	if text := m.lossText(d.lost); text != "" {
		add(l.danger, text)
	}
	if p.Unseen != nil {
		add(l.warn, "there may be more keys, which stay: "+explain.Error(p.Unseen))
	}
	if p.Hidden != "" {
		add(l.muted, p.Hidden+": a folder that holds one is kept")
	}
	return append(lines, "")
}

// foot says what is kept.
func (d *planDialog) foot(m *Model, w int) []string {
	lines := []string{""}
	if len(d.plan.Siblings) > 0 {
		lines = append(lines, m.look.good.Paint(fit("stays: "+clean(strings.Join(d.plan.Siblings, ", ")), w)))
	}
	for _, line := range wrap("keys that change or appear meanwhile are kept and listed", w) {
		lines = append(lines, m.look.muted.Paint(fit(line, w)))
	}
	return lines
}

// markWarnings say which keys others depend on, or which depend on an owner.
func markWarnings(t kv.PlanTotals, keys int) []string {
	var said []string
	locked, owned := t.Locked, t.Owned
	switch {
	case locked > 0 && keys == 1:
		said = append(said, "locked: has a holder or waiters")
	case locked > 0:
		said = append(said, plural(locked, "locked key")+" among them")
	}
	switch {
	case owned > 0 && keys == 1:
		said = append(said, "it is ephemeral or leased: its owner may write it again")
	case owned == 1:
		said = append(said, "1 ephemeral or leased key among them: its owner may write it again")
	case owned > 1:
		said = append(said, plural(owned, "ephemeral or leased key")+" among them: their owners may write them again")
	}
	return said
}

// planBytes says how much will be deleted, as far as sizes are known: a listing of
// many keys lacks some.
func planBytes(t kv.PlanTotals, keys int) string {
	switch t.Unsized {
	case 0:
		return ", " + sized(t.Bytes) + ","
	case keys:
		return ", sizes unknown,"
	default:
		return ", at least " + sized(t.Bytes) + ","
	}
}

// reportLines say what was deleted and what was not.
func (d *planDialog) reportLines(m *Model, w int) []string {
	l, r := m.look, d.report
	lines := []string{l.text.Paint(fit("deleted "+grouped(r.Deleted)+" of "+plural(len(d.plan.Keys), "key"), w))}
	if r.Left > 0 {
		lines = append(lines, l.warn.Paint(fit(plural(r.Left, "key")+notTried(d.err, r.Cancelled), w)))
	}
	unknown := 0
	for _, o := range r.Kept {
		if errors.Is(o.Err, kv.ErrOutcomeUnknown) {
			unknown++
		}
	}
	if n := len(r.Kept) - unknown; n > 0 {
		lines = append(lines, l.warn.Paint(fit("not deleted: "+plural(n, "key"), w)))
	}
	if unknown > 0 {
		lines = append(lines, l.warn.Paint(fit("perhaps deleted: "+plural(unknown, "key")+" without an answer", w)))
	}
	lines = append(lines, m.outcomes(r.Kept, w)...)
	if len(r.Appeared) > 0 {
		lines = append(lines, l.warn.Paint(fit("appeared since, and kept: "+plural(len(r.Appeared), "key"), w)))
	}
	for _, key := range firstOf(r.Appeared, planShown) {
		lines = append(lines, l.text.Paint(fitLeft("  "+cleanName(key), w)))
	}
	if d.err != nil {
		lines = append(lines, m.paragraph(l.danger, explain.Error(d.err), w)...)
	}
	return lines
}

// notTried says why the rest of a plan was not tried. What else than lost contact ended
// it, its error says.
func notTried(err error, cancelled bool) string {
	switch {
	case cancelled:
		return " not tried: it was stopped"
	case err == nil, errors.Is(err, kv.ErrNotReachable), errors.Is(err, kv.ErrOutcomeUnknown):
		return " not tried: contact was lost"
	}
	return " not tried"
}

// reason says in a few words why a key was not deleted.
func reason(err error) string {
	switch {
	case errors.Is(err, kv.ErrKeyModified):
		return "changed since"
	case errors.Is(err, kv.ErrKeyNotFound):
		return "was gone already"
	case errors.Is(err, kv.ErrHiddenBelow):
		return "has keys below it that etcd hides: names that begin with _"
	case errors.Is(err, kv.ErrHasChildren):
		return "has keys below it that are not in the plan"
	case errors.Is(err, kv.ErrDenied):
		return "access denied"
	case errors.Is(err, kv.ErrOutcomeUnknown):
		return "never answered; it may have happened"
	case errors.Is(err, kv.ErrNotReachable):
		return "the server was not reached"
	default:
		return explain.What(err)
	}
}
