package tui

import (
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/internal/journal"
	"kvist/internal/undo"
	"kvist/keymap"
	"kvist/kv"
)

// findCutOff looks for what a kvist left that was killed.
func (m *Model) findCutOff() tea.Cmd {
	j, store := m.journal(), m.store
	if j == nil || m.opts.ReadOnly {
		return nil
	}
	return func() tea.Msg {
		ctx, cancel := m.timeout()
		defer cancel()
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
		m.notice.warn(m.now(), "What a kvist left that was killed cannot be looked at. "+explain.Error(r.err))
	}
	for _, c := range r.found {
		if len(c.Plans) > 0 {
			m.open(&cutOffDialog{left: c})
			continue
		}
		m.notice.warn(m.now(), cutOffSaid(c))
		m.settle(c)
	}
	return nil
}

// settle says in the journal that all is known.
func (m *Model) settle(c *undo.CutOff) {
	if err := c.Settle(m.journal()); err != nil {
		m.notice.warn(m.now(), explain.Error(err))
	}
}

// cutOffSaid says what became of single writes.
func cutOffSaid(c *undo.CutOff) string {
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, plural(n, "write")+" "+what)
		}
	}
	add(c.Written, "carried out")
	add(c.Unwritten, "not carried out")
	add(c.Unknown, "of which nobody knows, since somebody wrote there later")
	return "kvist was killed before the answer came: " + strings.Join(parts, ", ")
}

// cutOffDialog offers to carry on or to roll back a plan that was cut off.
type cutOffDialog struct {
	left    *undo.CutOff
	running bool
	viewport
}

// plan returns the plan that was cut off.
func (d *cutOffDialog) plan() *journal.Plan { return &d.left.Plans[0] }

func (d *cutOffDialog) scope() keymap.Scope { return keymap.ScopeCutOff }

func (d *cutOffDialog) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if d.moved(a) {
		return nil, true
	}
	if d.running {
		return nil, true
	}
	switch a {
	case keymap.CutOffCarryOn:
		return m.permit(d.carryOn), true
	case keymap.CutOffRollBack:
		return d.rollBack(m), true
	case keymap.DialogCancel:
		m.close(d)
		if err := d.left.Leave(); err != nil {
			m.notice.warn(m.now(), explain.Error(err))
		}
		return nil, true
	}
	return nil, false
}

// carryOn carries out what is left of the plan.
func (d *cutOffDialog) carryOn(m *Model) tea.Cmd {
	d.running = true
	ctx, store, j, plan := m.ctx, m.store, m.journal(), d.plan()
	return func() tea.Msg {
		written, kept, hidden := 0, 0, 0
		err := undo.CarryOn(ctx, store, j, plan, func(_ kv.Write, w kv.Written) {
			switch {
			case w.Err == nil:
				written++
			case errors.Is(w.Err, undo.ErrHidden):
				hidden++
			default:
				kept++
			}
		})
		return cutOffDone{d, written, kept, hidden, err}
	}
}

// cutOffDone is the result of carrying on.
type cutOffDone struct {
	dialog                *cutOffDialog
	written, kept, hidden int
	err                   error
}

func (r cutOffDone) apply(m *Model) tea.Cmd {
	m.close(r.dialog)
	said := "carried on with " + clean(r.dialog.plan().Title) + ": " + plural(r.written, "key")
	if r.hidden > 0 {
		said += "; the journal does not keep the values of " + plural(r.hidden, "key")
	}
	p := r.dialog.plan()
	left := p.Records - p.Written - r.written - r.kept - r.hidden
	if left > 0 {
		said += "; not yet recorded, and left alone: " + plural(left, "key")
	}
	switch {
	case r.err != nil:
		m.notice.warn(m.now(), said+". "+explain.Error(r.err))
	case r.kept > 0:
		m.notice.warn(m.now(), said+"; "+plural(r.kept, "key")+" changed since, and left alone")
	case r.hidden > 0, left > 0:
		m.notice.warn(m.now(), said)
	default:
		m.notice.say(m.now(), said)
	}
	m.settle(r.dialog.left)
	return nil
}

// rollBack shows what undoing the part of the plan that was carried out puts back.
func (d *cutOffDialog) rollBack(m *Model) tea.Cmd {
	m.close(d)
	m.settle(d.left)
	plan := *d.plan()
	return m.openUndo(func(*journal.Journal) (journal.Entry, error) {
		return journal.Entry{Record: journal.Record{ID: plan.ID, Time: plan.Time, Outcome: journal.Done}, Plan: &plan}, nil
	})
}

func (d *cutOffDialog) lay(m *Model, w, h int) { d.fit(len(d.lines(m, w)), h-2) }

// lines say how far the plan came.
func (d *cutOffDialog) lines(m *Model, w int) []string {
	p := d.plan()
	left := max(0, p.Records-p.Written)
	lines := m.paragraph(m.look.text, "kvist was killed while it carried out a plan: "+clean(p.Title)+", "+ago(m.now(), p.Time), min(w, cutOffWidth))
	lines = append(lines, m.paragraph(m.look.warn, grouped(p.Written)+" of "+plural(p.Records, "key")+" were written, "+grouped(left)+" were not", min(w, cutOffWidth))...)
	return append(lines, m.paragraph(m.look.muted, "Either way, keys that somebody changed since are left alone.", min(w, cutOffWidth))...)
}

// cutOffWidth is the greatest width of the dialog's text.
const cutOffWidth = 70

func (d *cutOffDialog) view(m *Model, w, _ int) dialogView {
	v := dialogView{title: "A plan was cut off", wanted: min(w, cutOffWidth), danger: true}
	lines := d.lines(m, w)
	v.lines = append(v.lines, lines[d.top:d.end()]...)
	keys := m.namedKeys(keymap.ScopeCutOff, named{keymap.CutOffCarryOn, "carry on"}, named{keymap.CutOffRollBack, "roll back"}, named{keymap.DialogCancel, "later"})
	if d.running {
		keys = m.look.accent.Paint("carrying on…")
	}
	return dialogWith(v, m.moreBelow(d.count-d.end()), keys)
}
