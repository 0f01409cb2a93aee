package tui

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"kvist/internal/explain"
	"kvist/internal/transfer"
	"kvist/keymap"
	"kvist/kv"
	"kvist/themes"
)

// lay makes the lines above and below the list: what will be done, or the progress,
// or what was done.
func (d *transferDialog) lay(m *Model, w, h int) {
	body := planBody{}
	switch {
	case d.report != nil:
		body.head = d.reportLines(m, w)
	case d.running:
		body.head = d.progressed(m, w)
	case d.err != nil:
		body.head = append(d.named(m, w), m.paragraph(m.look.warn, explain.Error(d.err), w)...)
	case d.plan == nil:
		reading := "reading both ends: "
		if d.path != "" {
			reading = "reading the file, and what is there: "
		}
		body.head = append(d.named(m, w), m.look.muted.Paint(fit(reading+plural(int(d.looked.Load()), "key"), w)))
	default:
		body = planBody{head: d.head(m, w), rows: d.list.rows, foot: d.foot(m, w)}
	}
	d.layBody(body, h)
}

// view shows the lines of the plan in sight.
func (d *transferDialog) view(m *Model, w, _ int) dialogView {
	v := d.show(m, d, w)
	v.title = strings.ToUpper(d.verb()[:1]) + d.verb()[1:] + " plan"
	v.danger = d.move || d.mode != transfer.Skip
	return v
}

// what says what is brought elsewhere.
func (d *transferDialog) what() string {
	if d.path != "" {
		return d.verb() + " " + clean(d.path)
	}
	if d.given != nil {
		return d.given.said
	}
	said := d.verb() + " " + cmp.Or(d.of.words(), d.from.Title)
	if d.folder && !d.of.many() {
		said += " and everything under it"
	}
	return said + d.when
}

// named says what is brought where.
func (d *transferDialog) named(m *Model, w int) []string {
	return append(m.paragraph(m.look.text, d.what(), w), m.paragraph(m.look.text, "to "+d.where(), w)...)
}

// where names the destination.
func (d *transferDialog) where() string {
	switch {
	case d.to.here:
		return placeName(d.to.key)
	case d.site != nil && d.site.Title != "":
		return clean(d.site.Title)
	case d.path != "" && d.to == destination{}:
		return "where its keys are from"
	case d.to.profile != "":
		return clean(d.to.profile + ":" + d.to.name)
	}
	return clean(d.to.name)
}

// turns returns the keys that make it another plan.
func (d *transferDialog) turns() []named {
	var keys []named
	if d.totals.Refuse > 0 {
		words := "without them"
		if d.partial {
			words = "all or nothing"
		}
		keys = append(keys, named{keymap.PlanPartial, words})
	}
	turns := [...]string{transfer.Skip: "skip what exists", transfer.Replace: "overwrite"}
	keys = append(keys, named{keymap.PlanMode, turns[nextMode(d.mode)]})
	if d.path != "" {
		keys = append(keys, named{keymap.PlanTarget, "to another place"})
	}
	return keys
}

func (d *transferDialog) nothing() string { return "nothing was " + d.transfers.done() }

// mark says what becomes of a key.
func (d *transferDialog) mark(m *Model, i int) planMark {
	s, l := &d.plan.Steps[i], m.look
	lost := ""
	if words := d.plan.Lost(s); len(words) > 0 {
		lost = "without its " + strings.Join(words, ", ")
	}
	switch s.Action {
	case transfer.Create:
		return planMark{l.good, l.signs.Added, lost}
	case transfer.Overwrite:
		return planMark{l.warn, l.signs.Changed, lost}
	case transfer.Leave:
		return planMark{l.muted, " ", s.Reason.String()}
	}
	return planMark{l.danger, "!", refusalOf(s.Err)}
}

// refusalOf says in a few words why a key cannot be written.
func refusalOf(err error) string {
	var e *kv.Error
	switch {
	case !errors.As(err, &e):
		return err.Error()
	case e.Err != nil:
		return e.Err.Error()
	case e.Kind != nil:
		return e.Kind.Error()
	}
	return err.Error()
}

// head says what will be done, and what will not.
func (d *transferDialog) head(m *Model, w int) []string {
	l, t := m.look, &d.totals
	lines := d.named(m, w)
	add := func(in ink, text string) { lines = append(lines, m.paragraph(in, text, w)...) }
	add(l.accent, d.planned())
	if n := t.Delete; n > 0 {
		add(l.danger, "then "+plural(n, "key")+" deleted at the source, each once its copy was read back")
	}
	if text := m.lossText(t.Unkept); text != "" {
		add(l.danger, text)
	}
	if t.Refuse > 0 {
		lines = append(lines, d.refused(m, w)...)
	}
	if text := d.unseen.text(); text != "" {
		add(l.warn, text)
	}
	if d.given != nil && d.given.stays != "" {
		add(l.warn, d.given.stays)
	}
	if t.Leave > 0 {
		add(l.muted, "left as they are: "+leftWords(t.Left))
	}
	if t.Locked > 0 {
		add(l.warn, plural(t.Locked, "locked key")+" among them; the copy is not locked")
	}
	for _, word := range slices.Sorted(maps.Keys(t.Lost)) {
		add(l.warn, "does not come along: "+clean(word)+" of "+plural(t.Lost[word], "key"))
	}
	if d.plan.Unseen != nil {
		add(l.warn, "there may be more keys, which stay: "+explain.Error(d.plan.Unseen))
	}
	modes := [...]string{transfer.Skip: "left as it is", transfer.Replace: "overwritten where it differs"}
	add(l.muted, "what is there already is "+modes[d.mode])
	return append(lines, "")
}

// planned says what is written.
func (d *transferDialog) planned() string {
	t := &d.totals
	var parts []string
	if n := t.Create - t.Folders; n > 0 {
		parts = append(parts, plural(n, "key")+" created")
	}
	if t.Folders > 0 {
		parts = append(parts, plural(t.Folders, "folder")+" made")
	}
	if t.Overwrite > 0 {
		parts = append(parts, plural(t.Overwrite, "key")+" overwritten")
	}
	if len(parts) == 0 {
		return "nothing is written"
	}
	said := strings.Join(parts, ", ") + ", " + sized(t.Bytes)
	var marks []string
	for _, mark := range []struct {
		n    int
		word string
	}{{t.Leased, "leased"}, {t.Ephemeral, "ephemeral"}} {
		if mark.n > 0 {
			marks = append(marks, grouped(mark.n)+" "+mark.word)
		}
	}
	if len(marks) > 0 {
		said += "; " + strings.Join(marks, ", ") + " among them"
	}
	return said
}

// refusedShown is how many refused keys are named above the list.
const refusedShown = 2

// refused says which keys the target cannot hold.
func (d *transferDialog) refused(m *Model, w int) []string {
	l, n := m.look, d.totals.Refuse
	said := "the target cannot hold " + plural(n, "key") + ", so that nothing is written:"
	if d.partial {
		said = "left out, since the target cannot hold them: " + plural(n, "key")
	}
	lines := m.paragraph(l.danger, said, w)
	for _, i := range d.barred {
		s := &d.plan.Steps[i]
		lines = append(lines, l.text.Paint(fitLeft("  "+cleanName(cmp.Or(s.Key, s.From))+": "+clean(refusalOf(s.Err)), w)))
	}
	if n > refusedShown {
		lines = append(lines, l.muted.Paint(fit("  … and "+plural(n-refusedShown, "more key")+", with ! in the list", w)))
	}
	return lines
}

// leftWords says why keys are left as they are.
func leftWords(left map[transfer.Reason]int) string {
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(left)) {
		parts = append(parts, grouped(left[reason])+" "+reason.String())
	}
	return strings.Join(parts, "; ")
}

// foot says what becomes of keys that change meanwhile.
func (d *transferDialog) foot(m *Model, w int) []string {
	return append([]string{""}, m.paragraph(m.look.muted, "keys that change meanwhile, at either end, are left alone and listed", w)...)
}

// progressed shows how far the plan is.
func (d *transferDialog) progressed(m *Model, w int) []string {
	p := d.done.Load()
	what := string(p.Phase) + ": " + d.what() + " to " + d.where()
	if p.Phase == transfer.Deleting {
		return m.progressLines(what, p.Done, p.Of, themes.Error, w)
	}
	return m.progressLines(what, p.Done, p.Of, themes.Accent, w)
}

// said says what was done.
func (d *transferDialog) said() string {
	r := d.report
	n := r.Created - r.Folders + r.Overwritten
	if d.move && n == 0 {
		n = r.Deleted // the target had them
	}
	said := d.transfers.done() + " " + plural(n, "key") + " to " + d.where()
	if d.totals.Left[transfer.Exists] > 0 {
		said += "; " + grouped(d.totals.Left[transfer.Exists]) + " left as they are there"
	}
	switch {
	case d.to.here || d.site.Same:
	case d.move:
		said += "; undo it here and there"
	default:
		said += "; undo it there"
	}
	return said
}

// reportLines say what was done and what was not.
func (d *transferDialog) reportLines(m *Model, w int) []string {
	l, r := m.look, d.report
	lines := m.paragraph(l.text, "copied "+plural(r.Created-r.Folders+r.Overwritten, "key")+" to "+d.where(), w)
	if d.move {
		lines = append(lines, l.text.Paint(fit("deleted at the source: "+plural(r.Deleted, "key"), w)))
	}
	if r.Left > 0 {
		lines = append(lines, l.warn.Paint(fit(plural(r.Left, "key")+notTried(d.err, r.Cancelled), w)))
	}
	if n := d.totals.Leave; n > 0 {
		lines = append(lines, m.paragraph(l.muted, "left as they are: "+leftWords(d.totals.Left), w)...)
	}
	if n := d.totals.Refuse; n > 0 {
		lines = append(lines, l.warn.Paint(fit("left out, since the target cannot hold them: "+plural(n, "key"), w)))
	}
	if len(r.Failed) > 0 {
		lines = append(lines, l.warn.Paint(fit("not written: "+plural(len(r.Failed), "key"), w)))
		lines = append(lines, m.outcomes(r.Failed, w)...)
	}
	if len(r.Stayed) > 0 {
		lines = append(lines, l.warn.Paint(fit("not deleted at the source: "+plural(len(r.Stayed), "key"), w)))
		lines = append(lines, m.outcomes(r.Stayed, w)...)
	}
	if d.err != nil {
		lines = append(lines, m.paragraph(l.danger, explain.Error(d.err), w)...)
	}
	return lines
}
