package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"kvist/internal/explain"
	"kvist/keymap"
	"kvist/kv"
)

// view shows what will go, or how it goes, or what became of it.
func (d *planDialog) view(m *Model, w, h int) dialogView {
	w = min(w, 76)
	v := dialogView{title: "Delete plan", wanted: w, danger: true}
	var body []string
	switch {
	case d.report != nil:
		body = d.reportLines(m, w)
	case d.running:
		body = d.progressLines(m, w)
	case d.err != nil:
		for _, line := range wrap(explain.Error(d.err), w) {
			body = append(body, m.look.warn.Paint(line))
		}
	case d.plan == nil:
		body = []string{m.look.muted.Paint("reading what is below " + fit(clean(d.prefix), w-22))}
	default:
		body = d.planLines(m, w)
	}
	d.count, d.height = len(body), max(1, h-2)
	d.top = max(0, min(d.top, d.count-d.height))
	v.lines = append(v.lines, body[d.top:min(d.top+d.height, len(body))]...)
	v.lines = append(v.lines, m.moreBelow(d.count-d.top-d.height), d.keys(m))
	return v
}

// keys are what can be pressed now.
func (d *planDialog) keys(m *Model) string {
	cancel := m.look.helpKey.Paint(m.keyFor(keymap.ScopePlan, keymap.DialogCancel))
	switch {
	case d.report != nil || d.err != nil:
		return cancel + m.look.muted.Paint(" close")
	case d.running || d.plan == nil:
		return cancel + m.look.muted.Paint(" stop")
	default:
		return m.keyLine(keymap.ScopePlan)
	}
}

// planLines say what goes and what stays.
func (d *planDialog) planLines(m *Model, w int) []string {
	l, p := m.look, d.plan
	what := "everything below it"
	switch {
	case d.single:
		what = "this key alone"
	case slices.ContainsFunc(p.Keys[:min(1, len(p.Keys))], func(k kv.PlannedKey) bool { return k.Key == d.prefix }):
		what = "the key itself and everything below it"
	}
	key := clean(d.prefix)
	lines := []string{
		l.text.Paint(fit(fitLeft(key, min(width(key), w-2-width(what)))+": "+what, w)),
		l.danger.Paint(fit(plural(len(p.Keys), "key")+planBytes(d.totals, len(p.Keys))+" will be deleted", w)),
		"",
	}
	lines = append(lines, d.keyLines(m, p.Keys, w)...)
	for _, warning := range markWarnings(d.totals, len(p.Keys)) {
		lines = append(lines, l.warn.Paint(fit(warning, w)))
	}
	if p.Unseen != nil {
		for _, line := range wrap("there may be more, which stays: "+explain.Error(p.Unseen), w) {
			lines = append(lines, l.warn.Paint(line))
		}
	}
	if len(p.Siblings) > 0 {
		lines = append(lines, l.good.Paint(fit("stays: "+clean(strings.Join(p.Siblings, ", ")), w)))
	}
	return append(lines, l.muted.Paint(fit("a key that changes or appears from now on is not deleted but reported", w)))
}

// markWarnings say of which keys somebody else depends on them, or they on
// somebody else.
func markWarnings(t kv.PlanTotals, keys int) []string {
	var said []string
	locked, owned := t.Locked, t.Owned
	switch {
	case locked > 0 && keys == 1:
		said = append(said, "it is locked: somebody holds it, or waits for it")
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

// planBytes is how much goes, as far as it is known: a listing of many keys
// does not tell the sizes of all.
func planBytes(t kv.PlanTotals, keys int) string {
	switch t.Unsized {
	case 0:
		return ", " + sized(t.Bytes) + ","
	case keys:
		return ", of sizes not told by the listing,"
	default:
		return ", at least " + sized(t.Bytes) + ","
	}
}

// planShown is how many keys a plan names.
const planShown = 8

// planSize is the width of the column of sizes, "1023.9 KiB" and a space.
const planSize = 11

// keyLines name the first keys, with their marks.
func (d *planDialog) keyLines(m *Model, keys []kv.PlannedKey, w int) []string {
	var lines []string
	for i, k := range keys {
		if i == planShown {
			lines = append(lines, m.look.muted.Paint(fit(fmt.Sprintf("  … and %s more", grouped(len(keys)-i)), w)))
			break
		}
		size := ""
		if k.Size >= 0 {
			size = sized(int64(k.Size))
		}
		marks, n := m.look.marked(k.Flags)
		size = fit("", planSize-width(size)) + size
		room := max(1, w-2-1-n-width(size))
		key := clean(k.Key)
		key = fitLeft(key, min(width(key), room))
		lines = append(lines, m.look.signRemoved.Paint(m.look.signs.Removed+" ")+m.look.removed[0].Paint(key)+
			blank(room-width(key)+1)+marks+m.look.muted.Paint(size))
	}
	return append(lines, "")
}

// progressLines show how far the deletion has come.
func (d *planDialog) progressLines(m *Model, w int) []string {
	done, all := int(d.done.Load()), len(d.plan.Keys)
	room := max(10, w-2)
	full := room * done / max(1, all)
	bar := m.look.danger.Paint(strings.Repeat("█", full)) + m.look.muted.Paint(strings.Repeat("░", room-full))
	return []string{
		m.look.text.Paint(fit("deleting "+clean(d.prefix), w)),
		bar,
		m.look.muted.Paint(fit(fmt.Sprintf("%s of %s", grouped(done), plural(all, "key")), w)),
	}
}

// reportLines say what was done and what not.
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
		lines = append(lines, l.text.Paint(fitLeft("  "+clean(o.Key)+": "+reason(o.Err), w)))
	}
	if len(r.Appeared) > 0 {
		lines = append(lines, l.warn.Paint(fit("appeared since, and kept: "+plural(len(r.Appeared), "key"), w)))
	}
	for _, key := range firstOf(r.Appeared, planShown) {
		lines = append(lines, l.text.Paint(fitLeft("  "+clean(key), w)))
	}
	if d.err != nil {
		for _, line := range wrap(explain.Error(d.err), w) {
			lines = append(lines, l.danger.Paint(line))
		}
	}
	return lines
}

// reason is why a planned key was not deleted, in a few words.
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

// firstOf is at most n of list.
func firstOf[T any](list []T, n int) []T { return list[:min(n, len(list))] }
