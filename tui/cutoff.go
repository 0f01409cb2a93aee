package tui

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/internal/journal"
	"kvist/internal/transfer"
	"kvist/internal/undo"
	"kvist/keymap"
	"kvist/themes"
)

// findCutOff looks for what a kvist left that was killed.
func (m *Model) findCutOff() tea.Cmd {
	j, store := m.journal(), m.store
	if j == nil || m.opts.ReadOnly {
		return nil
	}
	ctx := m.ctx // the requests have their limits, and all of a plan's keys may take long
	return func() tea.Msg {
		found, err := undo.FindCutOff(ctx, store, j)
		return cutOffFound{found, err}
	}
}

// cutOffFound is what was found.
type cutOffFound struct {
	found []*undo.CutOff
	err   error
}

func (r cutOffFound) apply(m *Model) tea.Cmd {
	if r.err != nil {
		m.notice.warn(m.now(), "What a kvist left that was cut off cannot be looked at. "+explain.Error(r.err))
	}
	var cmds []tea.Cmd
	for _, c := range r.found {
		if c.Written+c.Unwritten+c.Unknown > 0 {
			m.notice.warn(m.now(), cutOffSaid(c))
		}
		if len(c.Plans) > 0 {
			m.open(&cutOffDialog{left: c, plans: c.Plans, asked: m.now()})
			continue
		}
		cmds = append(cmds, m.settling(c.Settle))
	}
	return tea.Batch(cmds...)
}

// settling returns a command that says in the journal what is known.
func (m *Model) settling(settle func(*journal.Journal) error) tea.Cmd {
	j := m.journal()
	return func() tea.Msg { return cutOffSettled{settle(j)} }
}

// cutOffSettled is the result of saying in the journal what is known.
type cutOffSettled struct{ err error }

func (r cutOffSettled) apply(m *Model) tea.Cmd {
	if r.err != nil {
		m.notice.warn(m.now(), explain.Error(r.err))
	}
	return nil
}

// cutOffSaid says what became of single writes.
func cutOffSaid(c *undo.CutOff) string {
	return "kvist ended before the answer came: " + outcomesSaid(c.Written, c.Unwritten, c.Unknown)
}

// outcomesSaid counts how writes ended.
func outcomesSaid(written, unwritten, unknown int) string {
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, plural(n, "write")+" "+what)
		}
	}
	add(written, "carried out")
	add(unwritten, "not carried out")
	add(unknown, "of which nobody knows, since somebody wrote there later")
	return strings.Join(parts, ", ")
}

// cutOffDialog offers to carry on or to roll back plans that were cut off, one after
// the other.
type cutOffDialog struct {
	left    *undo.CutOff
	plans   []journal.Plan // that are not decided on yet
	asked   time.Time      // the ages it tells are as of then, since a dialog that changes must be read anew
	running bool
	done    atomic.Int64 // how many keys were looked at; written by the command
	cancel  context.CancelFunc
	viewport
	keyCount
}

// plan returns the plan that is shown.
func (d *cutOffDialog) plan() *journal.Plan { return &d.plans[0] }

// next shows the next plan, if there is one.
func (d *cutOffDialog) next(m *Model) {
	d.running, d.top, d.digits = false, 0, ""
	if len(d.plans) == 1 {
		m.close(d)
		return
	}
	d.plans = d.plans[1:]
}

func (d *cutOffDialog) scope() keymap.Scope { return keymap.ScopeCutOff }

func (d *cutOffDialog) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if d.moved(a) {
		return nil, true
	}
	switch {
	case d.running && a == keymap.DialogCancel:
		d.cancel() // the message says what was done
		return nil, true
	case d.running:
		return nil, true
	}
	switch a {
	case keymap.CutOffCarryOn:
		return agree(m, d), true
	case keymap.PlanCount:
		return counted(m, d), true
	case keymap.CutOffRollBack:
		return d.rollBack(m), true
	case keymap.DialogCancel:
		m.close(d)
		return m.settling(func(*journal.Journal) error { return d.left.Leave() }), true
	}
	return nil, false
}

func (d *cutOffDialog) typed(m *Model, msg tea.Msg) tea.Cmd { return typeCount(m, d, msg) }
func (d *cutOffDialog) takesText(m *Model) bool             { return counts(m, d) }

func (d *cutOffDialog) asks() bool { return !d.running && !d.empty() }

// size returns how many keys carrying on writes at once: a plan that is made again is a
// question of its own.
func (d *cutOffDialog) size() int {
	if _, again := d.request(); again {
		return 0
	}
	return max(0, d.unwritten()-d.left.Unrecorded(d.plan()))
}

func (d *cutOffDialog) verb() string { return "carry on" }

func (d *cutOffDialog) nothing() string { return "nothing was carried on with" }

// agreed carries the plan on, if it waits for an answer.
func (d *cutOffDialog) agreed(m *Model) tea.Cmd {
	if !d.asks() {
		return nil
	}
	if request, again := d.request(); again {
		return d.plansAgain(m, request)
	}
	return m.permit(d.carryOn)
}

// request returns what the plan can be made again from, if the journal does not have
// all of it.
func (d *cutOffDialog) request() (transfer.Request, bool) {
	if d.left.Unrecorded(d.plan()) == 0 {
		return transfer.Request{}, false
	}
	return transfer.ParseRequest(d.plan().Request)
}

// plansAgain makes the plan again, and shows it. Once that was carried out, the next plan comes;
// until then the question stays.
func (d *cutOffDialog) plansAgain(m *Model, request transfer.Request) tea.Cmd {
	r, plan := request, d.plan()
	t := &transferDialog{
		transfers: transfers{move: r.Move, rename: strings.HasPrefix(plan.Title, "rename "), file: r.File != ""},
		from:      transfer.Place{Store: m.store, Prefix: string(r.From), Title: cleanName(string(r.From))},
		folder:    true,
		path:      r.File, to: destination{here: true, key: string(r.To)}, mode: r.Mode, owned: r.Owned,
	}
	if r.File != "" {
		t.from.Title = clean(filepath.Base(r.File))
	}
	if !plan.Unsent {
		t.continues = cmp.Or(plan.Continues, plan.ID)
	}
	j := m.journal()
	t.settle = func(rest bool) error {
		plan.Continued = rest && t.continues == plan.ID
		return d.left.SettleNext(j)
	}
	t.settled = d.next
	m.open(t)
	return t.make(m)
}

// carryOn carries out what is left of the plan. If that fails, or is stopped, it stays
// cut off.
func (d *cutOffDialog) carryOn(m *Model) tea.Cmd {
	ctx, cancel := context.WithCancel(m.ctx)
	d.running, d.cancel = true, cancel
	d.done.Store(0)
	store, j, plan, left, dir := m.store, m.journal(), d.plan(), d.left, m.opts.Prefix
	return tea.Batch(func() tea.Msg {
		defer cancel()
		carried, err := undo.CarryOn(ctx, store, j, plan, dir, func(n int) { d.done.Store(int64(n)) })
		if err == nil {
			err = left.SettleNext(j)
		}
		return cutOffDone{d, carried, err}
	}, m.watch(d))
}

func (d *cutOffDialog) underWay() bool { return d.running }

// cutOffDone is the result of carrying on.
type cutOffDone struct {
	dialog  *cutOffDialog
	carried undo.Carried
	err     error
}

func (r cutOffDone) apply(m *Model) tea.Cmd {
	d, c := r.dialog, r.carried
	m.value.stale = true
	said := "carried on with " + clean(d.plan().Title) + ": " + plural(c.Written, "key")
	if d.whole() {
		said = "kept: " + clean(d.plan().Title)
	}
	if c.Hidden > 0 {
		said += "; the journal does not keep the values of " + plural(c.Hidden, "key")
	}
	switch {
	case c.Left > 0 && r.err != nil:
		said += "; not tried: " + plural(c.Left, "key")
	case c.Left > 0:
		said += "; not yet recorded, and left alone: " + plural(c.Left, "key")
	}
	if c.Kept > 0 {
		said += "; " + plural(c.Kept, "key") + " changed since, and left alone"
	}
	switch {
	case errors.Is(r.err, context.Canceled):
		d.running = false
		m.notice.warn(m.now(), said+"; stopped")
		return nil
	case r.err != nil:
		d.running = false
		m.notice.warn(m.now(), said+". "+explain.Error(r.err))
		return nil
	case c.Hidden+c.Left+c.Kept > 0:
		m.notice.warn(m.now(), said)
	default:
		m.notice.say(m.now(), said)
	}
	d.next(m)
	return nil
}

// rollBack shows what undoing the part of the plan that was carried out puts back.
// The next plan comes after it.
func (d *cutOffDialog) rollBack(m *Model) tea.Cmd {
	plan, left := d.plan(), d.left
	d.next(m)
	if plan.Unsent {
		m.notice.say(m.now(), "nothing of it was written: "+clean(plan.Title))
		return m.settling(left.SettleNext)
	}
	return m.openUndo(func(j *journal.Journal) (journal.Entry, error) {
		record := journal.Record{ID: plan.ID, Time: plan.Time, Undoes: plan.Undoes, Outcome: journal.Done}
		return journal.Entry{Record: record, Plan: plan}, left.SettleNext(j)
	})
}

func (d *cutOffDialog) lay(m *Model, w, h int) {
	below := 2 // what is hidden, and the keys
	if counts(m, d) {
		below++
	}
	d.fit(len(d.lines(m, w)), h-below)
}

// lines say how far the plan came.
func (d *cutOffDialog) lines(m *Model, w int) (lines []string) {
	p := d.plan()
	w = min(w, cutOffWidth)
	if d.running {
		return m.progressLines("carrying on with "+clean(p.Title), int(d.done.Load()), p.Records, themes.Accent, w)
	}
	say := func(in ink, text string) { lines = append(lines, m.paragraph(in, text, w)...) }
	when, far := "in the middle of a plan", grouped(d.left.Done(p))+" of "+plural(p.Records, "key")+" were written, "+grouped(d.unwritten())+" were not"
	if d.whole() {
		when, far = "when all of a plan was written", "All of its "+plural(p.Records, "key")+" were written: there is nothing to carry on with."
	}
	if p.Unsent {
		when, far = "before anything of a plan was sent", "Nothing was written: none of its "+plural(p.Records, "key")+"."
	}
	say(m.look.text, "kvist ended "+when+", "+ago(d.asked, p.Time)+":")
	say(m.look.text, clean(p.Title))
	if n := len(d.plans); n > 1 {
		say(m.look.text, "To be decided on after it: "+plural(n-1, "more plan")+".")
	}
	say(m.look.warn, far)
	d.sayRest(m, say)
	if p.Hidden > 0 {
		say(m.look.warn, "The journal does not keep the values of "+plural(p.Hidden, "key")+" that were written: they cannot be rolled back.")
	}
	if !d.empty() {
		say(m.look.muted, "Either way, keys that somebody changed since are left alone.")
	}
	return lines
}

// unwritten returns how many keys of the plan were not written.
func (d *cutOffDialog) unwritten() int { return max(0, d.plan().Records-d.left.Done(d.plan())) }

// empty reports whether there is nothing that could be carried on with or rolled back.
func (d *cutOffDialog) empty() bool {
	_, again := d.request()
	return d.plan().Unsent && !again && d.left.Unrecorded(d.plan()) >= d.unwritten()
}

// whole reports whether all of the plan was written, so that it can only be kept.
func (d *cutOffDialog) whole() bool {
	p := d.plan()
	return !p.Unsent && p.Records > 0 && d.unwritten() == 0
}

// sayRest says what carrying on does, where that is not what the plan said.
func (d *cutOffDialog) sayRest(m *Model, say func(ink, string)) {
	n := d.left.Unrecorded(d.plan())
	switch _, again := d.request(); {
	case again:
		say(m.look.text, "Carrying on makes the plan again, and shows it first; what was written already stays as it is.")
	case d.empty():
		say(m.look.text, "The journal knows nothing of it yet, so that it cannot be carried on with. Ask for it again.")
	case n > 0:
		say(m.look.warn, "Carrying on writes the "+plural(max(0, d.unwritten()-n), "key")+" that the journal has; of the other "+grouped(n)+" it knows nothing yet. What was asked for, asked for again, does the rest.")
	}
}

// cutOffWidth is the greatest width of the dialog's text.
const cutOffWidth = 70

func (d *cutOffDialog) view(m *Model, w, _ int) dialogView {
	v := dialogView{title: "A plan was cut off", wanted: min(w, cutOffWidth), danger: true}
	lines := d.lines(m, w)
	v.lines = append(v.lines, lines[d.top:d.end()]...)
	v.lines = append(v.lines, m.moreBelow(d.count-d.end()))
	if counts(m, d) {
		v.lines = append(v.lines, countLine(m, d))
	}
	return dialogWith(v, m.namedKeys(keymap.ScopeCutOff, d.keys(counts(m, d))...))
}

// keys returns the keys that work now, where carrying on may take a number instead.
func (d *cutOffDialog) keys(counting bool) []named {
	on, back, later := named{keymap.CutOffCarryOn, "carry on"}, named{keymap.CutOffRollBack, "roll back"}, named{keymap.DialogCancel, "later"}
	if d.plan().Unsent {
		back.text = "forget it"
	}
	switch {
	case d.running:
		later.text = "stop"
		return []named{later}
	case d.empty(), counting:
		return []named{back, later}
	case d.whole():
		on.text = "keep it"
	}
	return []named{on, back, later}
}
