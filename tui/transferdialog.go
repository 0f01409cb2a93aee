package tui

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/export"
	"kvist/internal/journal"
	"kvist/internal/transfer"
	"kvist/keymap"
	"kvist/kv"
)

// transferDialog is the plan to copy, move, rename or import: what will be written, then the
// progress, then what was and was not done.
type transferDialog struct {
	transfers
	of      targets // of which all is brought there if they are marks
	unseen  unseen  // what is not in sight of these
	from    transfer.Place
	path    string // of the file that is imported, instead of from
	folder  bool   // it has others below it
	when    string // of the past that it is from; "" for now
	to      destination
	last    string         // the last part of the name of what is brought there
	site    *transfer.Site // of the destination; nil until it is open
	given   *givenSource   // what is brought there; nil is all of from
	mode    transfer.Mode
	owned   bool           // ephemeral keys and places in queues, too
	partial bool           // without the keys that the target cannot hold
	plan    *transfer.Plan // nil while it is being made
	totals  transfer.Totals
	barred  []int // the first of its steps that are refused
	err     error
	cancel  context.CancelFunc // while the plan is made or carried out
	running bool
	looked  atomic.Int64                      // how many keys were looked at for the plan; written by the command
	done    atomic.Pointer[transfer.Progress] // written by the command
	report  *transfer.Report
	// continues is the ID of the plan that was cut off, which this is, made again. settle ends that
	// one in the journal, of which there may be a rest then, and settled is called after that. They
	// are nil if there is no such plan.
	continues string
	settle    func(rest bool) error
	settled   func(*Model)
	planSheet
}

// givenSource is some keys that are brought elsewhere, rather than a whole place.
type givenSource struct {
	said, title string // in the dialog and in the journal
	stays       string // says what the plan does not concern; "" for nothing
	of          targets
	source      func(context.Context) (transfer.Source, error)
}

// make works the plan out.
func (d *transferDialog) make(m *Model) tea.Cmd {
	ctx, cancel := context.WithCancel(m.ctx)
	d.cancel, d.plan, d.err, d.seen, d.top, d.digits = cancel, nil, nil, 0, 0, ""
	d.looked.Store(0)
	open, site, from, mode, name, now := d.opening(m), d.site, d.from, d.mode, clean(m.name()), m.present() == m
	return tea.Batch(func() tea.Msg {
		defer cancel()
		r := transferMade{dialog: d, site: site}
		source, beside := transfer.FromStore(from), &from
		if d.path != "" {
			var file *export.Source
			if file, r.err = readExport(ctx, d.path); r.err != nil {
				return r
			}
			source, beside, open = file, nil, d.atHome(m, file.Header(), open)
		}
		if site == nil {
			if r.site, r.err = open(ctx); r.err != nil {
				return r
			}
		}
		to := r.site.Place
		switch {
		case r.site.ReadOnly:
			r.err = kv.Refused(kv.OpWriteNodes, to.Prefix)
			return r
		case r.site.Same:
			to.Title = placeName(to.Prefix)
		case d.path == "": // the other store's journal keeps it, too
			from.Title += " of " + name
		}
		r.plans(ctx, source, to, transfer.Options{
			Title: transfer.Title(d.verb(), from.Title, to.Title), Mode: mode, Move: d.move, Owned: d.owned, Same: r.site.Same && now, From: beside,
			Whole: d.given == nil && !d.of.many(), File: wholePath(d.path), Continues: d.continues,
			Progress: func(n int) { d.looked.Store(int64(n)) },
		})
		return r
	}, m.watch(d))
}

// opening returns what opens the destination's store.
func (d *transferDialog) opening(m *Model) func(context.Context) (*transfer.Site, error) {
	to, last := d.to, d.last
	if home := m.present(); to.here {
		site := &transfer.Site{Place: transfer.Place{Store: home.store, Prefix: to.key}, Same: true, ReadOnly: home.opts.ReadOnly, Close: func() {}}
		return func(context.Context) (*transfer.Site, error) { return site, nil }
	}
	open := m.opts.Elsewhere.Open
	return func(ctx context.Context) (*transfer.Site, error) { return open(ctx, to.profile, to.name, last) }
}

// source returns the marks as the source of a plan, which may be one to move them.
func (t targets) source(store kv.Store, move bool) (s transfer.Source, roots []transfer.Root, hidden unseen, err error) {
	nature := kv.NatureOf(store)
	for one := range t.all() {
		if move && one.stays(nature) {
			hidden.noteStay(&one)
			continue
		}
		hidden.note(&one)
		roots = append(roots, transfer.Root{Key: one.Key, Below: one.folder, Around: one.around, Flags: kv.KeyFlags(one.Flags)})
	}
	s, err = transfer.FromRoots(store, roots)
	return s, roots, hidden, err
}

// stepKeys returns the keys of a plan's steps for a list, in their order.
func stepKeys(steps []transfer.Step) []kv.PlannedKey {
	keys := make([]kv.PlannedKey, len(steps))
	for i := range steps {
		s := &steps[i]
		keys[i] = kv.PlannedKey{Key: s.Key, Size: s.Size, Flags: s.Flags}
		switch {
		case s.Key == "":
			keys[i].Key = s.From
		case s.Directory:
			keys[i].Key += "/"
		}
	}
	return keys
}

// firstRefused returns the first steps that are refused.
func firstRefused(steps []transfer.Step) []int {
	var first []int
	for i := range steps {
		if steps[i].Action == transfer.Refuse && len(first) < refusedShown {
			first = append(first, i)
		}
	}
	return first
}

// transferMade is the result of making a plan.
type transferMade struct {
	dialog *transferDialog
	site   *transfer.Site
	plan   *transfer.Plan
	totals transfer.Totals
	barred []int
	list   *planList
	unseen unseen
	err    error
}

// plans makes the plan, of the source or else of the marks or the keys that the dialog
// is about.
func (r *transferMade) plans(ctx context.Context, source transfer.Source, to transfer.Place, o transfer.Options) {
	d := r.dialog
	switch {
	case d.of.many():
		source, o.Roots, r.unseen, r.err = d.of.source(o.From.Store, o.Move)
	case d.given != nil:
		o.Title = d.given.title
		source, r.err = d.given.source(ctx)
	}
	if r.err == nil {
		r.plan, r.err = transfer.Make(ctx, source, to, o)
	}
	if r.err == nil {
		r.totals, r.list, r.barred = r.plan.Totals(), newPlanList(stepKeys(r.plan.Steps)), firstRefused(r.plan.Steps)
	}
}

func (r transferMade) apply(m *Model) tea.Cmd {
	d := r.dialog
	if d.site == nil && r.site != nil && len(r.site.Warnings) > 0 {
		m.notice.warn(m.now(), clean(strings.Join(r.site.Warnings, "; ")))
	}
	d.unseen = r.unseen
	d.site, d.plan, d.totals, d.barred, d.list, d.err = r.site, r.plan, r.totals, r.barred, r.list, r.err
	if errors.Is(r.err, context.Canceled) {
		return d.shut(m)
	}
	return nil
}

// shut closes the dialog, and the other store.
func (d *transferDialog) shut(m *Model) tea.Cmd {
	m.close(d)
	site := d.site
	if site == nil {
		return nil
	}
	return func() tea.Msg {
		site.Close()
		return nil
	}
}

// settleEmpty ends the plan that was cut off where nothing is left of it. The command is nil where
// something is.
func (d *transferDialog) settleEmpty(m *Model) tea.Cmd {
	if d.settled == nil || d.plan == nil || d.report != nil || d.totals.Refuse > 0 || d.writes() {
		return nil
	}
	settle := d.settle
	d.settled(m)
	return m.settling(func(*journal.Journal) error { return settle(false) })
}

func (d *transferDialog) scope() keymap.Scope { return keymap.ScopePlan }

func (d *transferDialog) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	asks := d.asks()
	switch {
	case a == keymap.DialogCancel && d.stage() < planAsking:
		d.cancel()
		return nil, true // the report says what was done
	case a == keymap.DialogCancel:
		return tea.Batch(d.settleEmpty(m), d.shut(m)), true
	case a == keymap.PlanMode && asks:
		d.mode = nextMode(d.mode)
		return d.make(m), true
	case a == keymap.PlanTarget && d.path != "" && (asks || d.err != nil && d.report == nil):
		return d.askTarget(m), true
	case a == keymap.PlanPartial && asks && d.totals.Refuse > 0:
		d.partial = !d.partial
		return nil, true
	}
	return actOnPlan(m, d, a)
}

// nextMode returns the mode that the key turns to.
func nextMode(m transfer.Mode) transfer.Mode { return (m + 1) % (transfer.Replace + 1) }

func (d *transferDialog) typed(m *Model, msg tea.Msg) tea.Cmd { return typeCount(m, d, msg) }
func (d *transferDialog) takesText(m *Model) bool             { return counts(m, d) }

func (d *transferDialog) sheet() *planSheet { return &d.planSheet }

func (d *transferDialog) underWay() bool { return d.stage() < planAsking }

func (d *transferDialog) stage() planStage {
	switch {
	case d.report != nil || d.err != nil:
		return planOver
	case d.running:
		return planRunning
	case d.plan == nil:
		return planMaking
	}
	return planAsking
}

func (d *transferDialog) asks() bool { return d.stage() == planAsking }

// size returns how many keys are written, at the end where that are more.
func (d *transferDialog) size() int {
	if !d.writes() {
		return 0
	}
	return max(d.totals.Create+d.totals.Overwrite, d.totals.Delete)
}

// writes reports whether agreeing to the plan writes anything.
func (d *transferDialog) writes() bool {
	t := &d.totals
	return t.Create+t.Overwrite+t.Delete > 0 && (t.Refuse == 0 || d.partial)
}

// agreed carries the plan out, if it waits for an answer, once all is permitted.
func (d *transferDialog) agreed(m *Model) tea.Cmd {
	switch {
	case !d.asks():
		return nil
	case d.totals.Refuse > 0 && !d.partial:
		m.notice.warn(m.now(), "the target cannot hold all of it, so that nothing is written; "+m.keyFor(keymap.ScopePlan, keymap.PlanPartial)+" leaves out what it cannot hold")
		return nil
	case !d.writes():
		m.notice.warn(m.now(), "there is nothing to "+d.verb())
		return nil
	}
	run := d.carryOut
	home := m.present()
	if d.site.Store == home.store || d.move {
		run = func(m *Model) tea.Cmd { return m.permit(d.carryOut) }
	}
	if d.site.Store != home.store && d.site.Protected {
		return m.askProfile(d.site.Profile, run)
	}
	return run(m)
}

// carryOut does exactly what the plan shows.
func (d *transferDialog) carryOut(m *Model) tea.Cmd {
	if !d.asks() {
		return nil
	}
	ctx, cancel := context.WithCancel(m.ctx)
	d.cancel, d.running = cancel, true
	d.done.Store(&transfer.Progress{Phase: transfer.Writing, Of: d.totals.Create + d.totals.Overwrite})
	plan, partial := d.plan, d.partial
	return tea.Batch(func() tea.Msg {
		defer cancel()
		r := transferDone{dialog: d}
		r.report, r.err = plan.Run(ctx, partial, func(p transfer.Progress) { d.done.Store(&p) })
		did := r.report.Created + r.report.Overwritten + r.report.Deleted
		if r.settled = d.settle != nil && (did > 0 || r.err == nil); r.settled {
			r.err = errors.Join(r.err, d.settle(true))
		}
		return r
	}, m.watch(d))
}

// transferDone is the result of carrying out a plan.
type transferDone struct {
	dialog  *transferDialog
	report  transfer.Report
	settled bool // the plan that was cut off has its end
	err     error
}

func (r transferDone) apply(m *Model) tea.Cmd {
	d := r.dialog
	d.running, d.report, d.err, d.top = false, &r.report, r.err, 0
	if d.settled != nil && r.settled {
		d.settled(m)
		d.settled = nil
	}
	home := m.present()
	m.value.stale, home.value.stale = true, true
	if d.given == nil && d.site.Store == home.store && r.report.Created+r.report.Overwritten > 0 {
		home.tree.seek(home, strings.TrimSuffix(d.site.Prefix, "/"))
	}
	if len(r.report.Failed)+len(r.report.Stayed)+r.report.Left > 0 || r.err != nil {
		return nil
	}
	d.of.unmark(m)
	if d.given != nil {
		d.given.of.unmark(m)
	}
	m.notice.say(m.now(), d.said())
	return d.shut(m)
}
