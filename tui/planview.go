package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"kvist/internal/explain"
	"kvist/keymap"
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
		body.head = d.progressLines(m, w)
	case d.err != nil:
		for _, line := range wrap(explain.Error(d.err), w) {
			body.head = append(body.head, m.look.warn.Paint(line))
		}
	case d.plan == nil:
		body.head = []string{m.look.muted.Paint("reading what is below " + fit(cleanName(d.prefix), w-22))}
	default:
		body = planBody{head: d.head(m, w), rows: d.list.rows, foot: d.foot(m, w)}
	}
	d.body = body
	d.fit(body.count(), h-2)
}

// view shows the lines of the plan in sight.
func (d *planDialog) view(m *Model, w, _ int) dialogView {
	v := dialogView{title: "Delete plan", wanted: w, danger: true}
	end := d.end()
	for i := d.top; i < end; i++ {
		v.lines = append(v.lines, d.line(m, d.body, i, w))
	}
	d.seen = max(d.seen, end)
	v.unread = d.seen < len(d.body.head)
	return dialogWith(v, m.moreBelow(d.count-end), fitStyled(d.keys(m), w))
}

// planBody is the lines of a plan. Only those in sight are drawn.
type planBody struct {
	head []string
	rows int // keys and folders
	foot []string
}

func (b planBody) count() int { return len(b.head) + b.rows + len(b.foot) }

// line draws a line of the body.
func (d *planDialog) line(m *Model, b planBody, i, w int) string {
	switch {
	case i < len(b.head):
		return b.head[i]
	case i < len(b.head)+b.rows:
		return d.row(m, i-len(b.head), w)
	default:
		return b.foot[i-len(b.head)-b.rows]
	}
}

// keys returns the keys that work now.
func (d *planDialog) keys(m *Model) string {
	cancel := m.look.helpKey.Paint(m.keyFor(keymap.ScopePlan, keymap.DialogCancel))
	switch {
	case d.report != nil || d.err != nil:
		return cancel + m.look.muted.Paint(" close")
	case d.running || d.plan == nil:
		return cancel + m.look.muted.Paint(" stop")
	case d.counts(m):
		return m.look.danger.Paint("type "+itoa(len(d.plan.Keys))+", then "+m.keyFor(keymap.ScopePlan, keymap.PlanCount)+", to delete: "+d.typedCount+"_") +
			"  " + cancel + m.look.muted.Paint(" cancel")
	default:
		return m.namedKeys(keymap.ScopePlan, named{keymap.PlanYes, "delete"}, named{keymap.FindOpen, "find"}, named{keymap.DialogCancel, "cancel"})
	}
}

// head says what will be deleted, how much, and what to watch for.
func (d *planDialog) head(m *Model, w int) []string {
	l, p := m.look, d.plan
	what := "delete everything under " + cleanName(strings.TrimSuffix(d.prefix, "/")+"/")
	switch {
	case d.single:
		what = "delete " + cleanName(d.prefix) + ", this key alone"
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
	add(l.danger, plural(len(p.Keys), "key")+planBytes(d.totals, len(p.Keys))+" will be deleted")
	if d.hidden > 0 {
		add(l.warn, grouped(d.hidden)+" of these are hidden by the filter")
	}
	for _, warning := range markWarnings(d.totals, len(p.Keys)) {
		add(l.warn, warning)
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

// planShown is how many keys a report names.
const planShown = 8

// planSize is the width of the column of sizes, "1023.9 KiB" and a space.
const planSize = 11

// row draws a folder of the plan, or a key with its marks.
func (d *planDialog) row(m *Model, row, w int) string {
	g, n := d.list.group(row)
	if n < 0 {
		text := plural(len(g.keys), "key") + strings.TrimSuffix(planBytes(g.sum, len(g.keys)), ",")
		room := max(1, w-1-width(text))
		name := fitApart(cleanName(g.dir), room, d.list.apart(row, g.dir))
		return m.look.folder.Paint(fit(name, room)) + " " + m.look.muted.Paint(fit(text, min(width(text), w)))
	}
	k, size := d.list.keys[g.keys[n]], ""
	if k.Size >= 0 {
		size = sized(int64(k.Size))
	}
	marks, cells := m.look.marked(k.Flags)
	size = blank(planSize-width(size)) + size
	indent, name := strings.Repeat("  ", g.heading()), d.list.name(g, n)
	places := d.list.apart(row, name)
	if g.row < d.top-len(d.body.head) && g.heading() > 0 { // its heading is out of sight
		indent, name = "", k.Key
		for i := range places {
			places[i] += len(cleanName(g.dir))
		}
	}
	room := max(1, w-len(indent)-3-cells-width(size))
	text := fitApart(cleanName(name), room, places)
	in := m.look.text
	if row == d.foundAt && d.query != "" {
		in = m.look.selected
	}
	return indent + m.look.signRemoved.Paint(m.look.signs.Removed+" ") + in.Paint(text) +
		blank(room-width(text)+1) + marks + m.look.muted.Paint(size)
}

// fitApart cuts text to w cells and keeps as much as possible around places: the
// parts in which names differ must not be cut.
func fitApart(text string, w int, places []int) string {
	if width(text) <= w || w < apartLeast {
		return fitMiddle(text, min(w, width(text)))
	}
	slices.Sort(places)
	head, used := cutCells(text, w/apartParts)
	shown, at := head, len(head)
	for _, place := range places {
		if place < at || len(text)-place <= w/(2*apartParts) {
			continue // in sight at the beginning, or later at the end
		}
		from := max(at, place-apartBefore)
		for from > at && !utf8.RuneStart(text[from]) {
			from--
		}
		if from > at {
			shown, used = shown+"…", used+1
		}
		part, cells := cutCells(text[from:], w/apartParts-1)
		shown, used, at = shown+part, used+cells, from+len(part)
	}
	rest := text[at:]
	return shown + fitMiddle(rest, min(w-used, width(rest)))
}

const (
	apartLeast  = 24 // below this width there is room for only two parts
	apartParts  = 4  // each part gets this share of the width
	apartBefore = 4  // bytes shown before a difference
)

// progressLines show the progress of the deletion.
func (d *planDialog) progressLines(m *Model, w int) []string {
	done, all := int(d.done.Load()), len(d.plan.Keys)
	return []string{
		m.look.text.Paint(fit("deleting "+cleanName(d.prefix), w)),
		m.look.Bar(max(10, w-2), float64(done)/float64(max(1, all)), themes.Error, themes.Muted),
		m.look.muted.Paint(fit(fmt.Sprintf("%s of %s", grouped(done), plural(all, "key")), w)),
	}
}

// reportLines say what was deleted and what was not.
func (d *planDialog) reportLines(m *Model, w int) []string {
	l, r := m.look, d.report
	lines := []string{l.text.Paint(fit("deleted "+grouped(r.Deleted)+" of "+plural(len(d.plan.Keys), "key"), w))}
	if r.Left > 0 {
		why := "contact was lost"
		if r.Cancelled {
			why = "it was stopped"
		}
		lines = append(lines, l.warn.Paint(fit(plural(r.Left, "key")+" not tried: "+why, w)))
	}
	if len(r.Kept) > 0 {
		lines = append(lines, l.warn.Paint(fit("not deleted: "+plural(len(r.Kept), "key"), w)))
	}
	for _, o := range firstOf(r.Kept, planShown) {
		lines = append(lines, l.text.Paint(fitLeft("  "+cleanName(o.Key)+": "+reason(o.Err), w)))
	}
	if len(r.Appeared) > 0 {
		lines = append(lines, l.warn.Paint(fit("appeared since, and kept: "+plural(len(r.Appeared), "key"), w)))
	}
	for _, key := range firstOf(r.Appeared, planShown) {
		lines = append(lines, l.text.Paint(fitLeft("  "+cleanName(key), w)))
	}
	if d.err != nil {
		for _, line := range wrap(explain.Error(d.err), w) {
			lines = append(lines, l.danger.Paint(line))
		}
	}
	return lines
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
	default:
		return clean(err.Error())
	}
}

// firstOf returns at most the first n elements.
func firstOf[T any](list []T, n int) []T { return list[:min(n, len(list))] }
