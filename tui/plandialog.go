package tui

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/undo"
	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

// planDialog is the Delete plan: what will be deleted, then the progress, then what
// was and was not deleted.
type planDialog struct {
	prefix   string
	single   bool // one key, not a subtree
	siblings []string
	of       targets // the marks that are deleted; zero for one key or subtree
	unseen   unseen  // what is not in sight of these
	lost     undo.Loss
	plan     *kv.Plan // nil while it is being made
	totals   kv.PlanTotals
	err      error
	cancel   context.CancelFunc // while the plan is made or carried out
	running  bool
	done     atomic.Int64 // how many keys were tried; written by the command
	report   *kv.Report
	away     *planAway // where it deletes; nil is this store
	planSheet

	matches int // how many of its keys match the filter; -1 without one
	hidden  int // how many of its keys the filter hides
}

// planAway is another store that a plan deletes from, as a comparison does.
type planAway struct {
	store     kv.Store
	words     string
	protected string // its profile, whose name has to be typed; "" for none
}

// canDelete reports whether the cursor is on something that can be deleted.
func (m *Model) canDelete() bool {
	row, ok := m.subject()
	return (ok && !row.Ghost || m.marksCount()) && !m.opts.ReadOnly
}

// canDeleteKey reports whether the cursor is on a key that can be deleted.
func (m *Model) canDeleteKey() bool {
	row, _ := m.subject()
	return m.canDelete() && (row.IsKey || m.marksCount())
}

// deleteMarks plans to delete all that is marked.
func (m *Model) deleteMarks(of targets) tea.Cmd {
	ctx, cancel := context.WithCancel(m.ctx)
	d := &planDialog{of: of, cancel: cancel, matches: -1}
	m.open(d)
	store := m.store
	return func() tea.Msg {
		r := planMade{dialog: d}
		var roots []kv.Root
		if roots, r.unseen, r.err = of.roots(ctx, store); r.err != nil {
			return r
		}
		r.plan, r.err = kv.MakePlanOf(ctx, store, of.words(), roots)
		return r.worked(store)
	}
}

// deleteKey plans to delete the key under the cursor, or all that is marked.
func (m *Model) deleteKey() tea.Cmd {
	row, of, cmd, ok := m.deletable()
	switch {
	case !ok:
		return cmd
	case of.many():
		return m.deleteMarks(of)
	}
	if !row.IsKey {
		m.notice.warn(m.now(), cleanName(cmp.Or(row.Name, row.Key+"/"))+" is a folder, not a key: "+m.keyFor(keymap.ScopeKey, keymap.DeleteSubtree)+" deletes its contents")
		return nil
	}
	if row.Preview {
		m.notice.warn(m.now(), cleanName(row.Key)+" is in a folder that is not open: go to the key first")
		return nil
	}
	d := &planDialog{prefix: row.Key, single: true}
	d.plan = &kv.Plan{Prefix: row.Key, Keys: []kv.PlannedKey{{
		Key: row.Key, Index: row.Index, Size: row.Size, Flags: kv.KeyFlags(row.Flags),
	}}}
	if v := m.value.shown; v.key == row.Key && v.pair != nil && v.pair.LastIndex == row.Index {
		d.plan.Keys[0].Size = len(v.pair.Value)
	}
	d.totals, d.list, d.lost = d.plan.Totals(), newPlanList(d.plan.Keys), lossOf(m.store, d.plan.Keys)
	m.open(d)
	return nil
}

// deleteSubtree plans to delete the row under the cursor and everything below it, or
// all that is marked.
func (m *Model) deleteSubtree() tea.Cmd {
	row, of, cmd, ok := m.deletable()
	switch {
	case !ok:
		return cmd
	case of.many():
		return m.deleteMarks(of)
	case !row.IsFolder:
		return m.deleteKey() // there is no subtree
	}
	ctx, cancel := context.WithCancel(m.ctx)
	d := &planDialog{prefix: row.Key, cancel: cancel, siblings: m.siblingsOf(row.Key), matches: -1}
	if m.finder.on {
		d.matches = row.Count
		if row.Match {
			d.matches++
		}
	}
	m.open(d)
	store := m.store
	return func() tea.Msg {
		plan, err := kv.MakePlan(ctx, store, d.prefix)
		return planMade{dialog: d, plan: plan, err: err}.worked(store)
	}
}

// deletable returns the marks, or else the row under the cursor, if that can be
// deleted.
func (m *Model) deletable() (row tree.Row, of targets, cmd tea.Cmd, ok bool) {
	if m.opts.ReadOnly {
		m.notice.warn(m.now(), "read-only profile: nothing can be deleted")
		return row, of, nil, false
	}
	if cmd, ok = m.settleMarks(); !ok {
		return row, of, cmd, false
	}
	if of, _ = m.targets(); of.many() {
		return row, of, nil, true
	}
	row, ok = m.subject()
	switch {
	case !ok:
		m.notice.warn(m.now(), "there is nothing here to delete")
	case row.Ghost:
		m.notice.warn(m.now(), "it is gone already")
		ok = false
	}
	return row, of, nil, ok
}

// siblingsMax limits how many siblings a plan names.
const siblingsMax = 5

// siblingsOf returns the first keys and folders beside key whose names begin like
// it. They are not deleted.
func (m *Model) siblingsOf(key string) []string {
	var names []string
	for name := range m.tree.tree.Siblings(key) {
		if len(names) == siblingsMax {
			break
		}
		names = append(names, name)
	}
	return names
}

// planMade is the result of making a plan.
type planMade struct {
	dialog *planDialog
	plan   *kv.Plan
	totals kv.PlanTotals
	list   *planList
	unseen unseen
	lost   undo.Loss
	err    error
}

// worked returns the result with what the dialog says of the plan, if there is one.
func (r planMade) worked(s kv.Store) planMade {
	if r.err != nil {
		r.plan = nil
		return r
	}
	r.totals, r.list, r.lost = r.plan.Totals(), newPlanList(r.plan.Keys), lossOf(s, r.plan.Keys)
	return r
}

func (r planMade) apply(m *Model) tea.Cmd {
	d := r.dialog
	d.plan, d.totals, d.list, d.unseen, d.lost, d.err, d.seen = r.plan, r.totals, r.list, r.unseen, r.lost, r.err, 0
	if r.plan != nil {
		r.plan.Siblings = d.siblings
		if d.matches >= 0 {
			d.hidden = max(0, len(r.plan.Keys)-d.matches)
		}
	}
	if errors.Is(r.err, context.Canceled) {
		m.close(r.dialog)
	}
	return nil
}

func (d *planDialog) scope() keymap.Scope { return keymap.ScopePlan }

func (d *planDialog) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if a == keymap.DialogCancel && d.stage() < planAsking {
		d.cancel()
		return nil, true // the report says what was done
	}
	return actOnPlan(m, d, a)
}

func (d *planDialog) typed(m *Model, msg tea.Msg) tea.Cmd { return typeCount(m, d, msg) }
func (d *planDialog) takesText(m *Model) bool             { return counts(m, d) }

func (d *planDialog) sheet() *planSheet { return &d.planSheet }

func (d *planDialog) stage() planStage {
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

func (d *planDialog) asks() bool { return d.stage() == planAsking }

func (d *planDialog) underWay() bool { return d.running }

func (d *planDialog) size() int { return len(d.plan.Keys) }

// agreed carries the plan out, if it waits for an answer.
func (d *planDialog) agreed(m *Model) tea.Cmd {
	if !d.asks() {
		return nil
	}
	switch home := m.present(); {
	case d.away == nil || d.away.store == home.store:
		return m.permit(d.carryOut)
	case d.away.protected != "":
		return m.askProfile(d.away.protected, d.carryOut)
	}
	return d.carryOut(m)
}

// carryOut deletes exactly what the plan shows.
func (d *planDialog) carryOut(m *Model) tea.Cmd {
	if d.plan == nil || d.running || d.report != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(m.ctx)
	d.cancel, d.running = cancel, true
	store := m.store
	if d.away != nil {
		store = d.away.store
	}
	return tea.Batch(func() tea.Msg {
		defer cancel()
		if d.single {
			return planDone{d, deleteOne(store, d.plan.Keys[0]), nil}
		}
		report, err := d.plan.CarryOut(ctx, store, func(done int) { d.done.Store(int64(done)) })
		return planDone{d, report, err}
	}, m.watch(d))
}

// deleteOne deletes a key if it is still as planned, and nothing below it.
func deleteOne(store kv.Store, k kv.PlannedKey) kv.Report {
	_, err := store.AtomicDelete(k.Key, &kv.KVPair{Key: k.Key, LastIndex: k.Index})
	if err == nil {
		return kv.Report{Deleted: 1}
	}
	return kv.Report{Kept: []kv.Outcome{{Key: k.Key, Err: err}}}
}

// named names what was deleted, unless that is what is marked.
func (d *planDialog) named() string {
	if d.of.many() {
		return ""
	}
	return ": " + cleanName(strings.TrimSuffix(d.prefix, "/"))
}

// planDone is the result of carrying out a plan.
type planDone struct {
	dialog *planDialog
	report kv.Report
	err    error
}

func (r planDone) apply(m *Model) tea.Cmd {
	d := r.dialog
	d.running, d.report, d.err, d.top = false, &r.report, r.err, 0
	whole := len(r.report.Kept) == 0 && len(r.report.Appeared) == 0 && r.report.Left == 0 && r.err == nil
	if whole {
		m.close(d)
		d.of.unmark(m)
		m.notice.say(m.now(), "deleted "+plural(r.report.Deleted, "key")+d.named())
	}
	return nil
}
