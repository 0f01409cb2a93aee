package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// planSheet is what all plans have in common on the screen: lines above and below a
// list of keys, of which only those in sight are drawn, a find in the list, and the
// number that confirms a large plan.
type planSheet struct {
	body planBody
	viewport
	keyCount
	seen    int // how many of its lines have been in sight
	list    *planList
	query   string // what was found in the list last, and its row
	foundAt int
}

// planSurface is a dialog about a plan.
type planSurface interface {
	countedDialog
	sheet() *planSheet
	stage() planStage
	mark(m *Model, i int) planMark // of a key of the list
	turns() []named                // keys that make it another plan
}

// planStage is how far a plan has come.
type planStage uint8

const (
	planMaking  planStage = iota // it is worked out
	planRunning                  // it is carried out
	planAsking                   // it waits for an answer
	planOver                     // what was done is shown, or why nothing was
)

// actOnPlan carries out an action on a plan. Cancelling closes it.
func actOnPlan(m *Model, p planSurface, a keymap.Action) (tea.Cmd, bool) {
	if p.sheet().moved(a) {
		return nil, true
	}
	switch a {
	case keymap.PlanYes:
		return agree(m, p), true
	case keymap.PlanCount:
		return counted(m, p), true
	case keymap.FindOpen:
		return openPlanFind(m, p), true
	case keymap.FindNext, keymap.FindPrevious:
		return findInPlan(p, a == keymap.FindNext), true
	case keymap.DialogCancel:
		m.close(p)
		return nil, true
	}
	return nil, false
}

// openPlanFind asks what to look for in the plan.
func openPlanFind(m *Model, of planSurface) tea.Cmd {
	if of.stage() != planAsking {
		return nil
	}
	p := &prompt{title: "Find in the plan"}
	p.done = func(_ *Model, text string) tea.Cmd {
		s := of.sheet()
		s.query, s.foundAt = text, s.top-len(s.body.head)-1
		return findInPlan(of, true)
	}
	return m.openPrompt(p, "")
}

// findInPlan goes to the next key that contains the query.
func findInPlan(of planSurface, forward bool) tea.Cmd {
	s := of.sheet()
	if s.query == "" || of.stage() != planAsking {
		return nil
	}
	list, text, from := s.list, s.query, s.foundAt
	return func() tea.Msg {
		row, found := list.find(text, from, forward)
		return planFound{of, list, text, row, found}
	}
}

// planFound is the result of findInPlan.
type planFound struct {
	of    planSurface
	list  *planList
	text  string
	row   int
	found int
}

func (r planFound) apply(m *Model) tea.Cmd {
	s := r.of.sheet()
	switch {
	case s.query != r.text || s.list != r.list || r.of.stage() != planAsking:
		return nil
	case r.row < 0:
		m.notice.warn(m.now(), "no key of the plan holds "+clean(r.text))
		return nil
	}
	s.foundAt = r.row
	s.top = max(0, len(s.body.head)+r.row-s.height/2)
	m.notice.say(m.now(), plural(r.found, "key")+" of the plan with "+clean(r.text))
	return nil
}
