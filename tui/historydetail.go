package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/internal/format"
	"kvist/internal/history"
	"kvist/internal/textdiff"
	"kvist/themes"
)

// historyDetail is what is shown below the list: a version as a whole, or a
// difference.
type historyDetail struct {
	whole bool // rather than a difference
	asked historyPair
	read  historyCompared
	rows  []diffRow // what is said and compared, in rows of the pane's width
	text  []format.Line
	hex   int         // rows of a value that is no text
	laid  historyPair // what text and hex are of
	width int         // and their width
	mask  bool        // they show no value
	viewport
}

// historyPair is what is compared, or the version that is shown as a whole. Two
// equal ones show the same.
type historyPair struct {
	whole       bool
	older       history.ID
	newer       history.ID
	olderState  historyState
	newerState  historyState
	broken      bool // others may have written between them
	sameAsNow   bool // the version is what is there now, so there is nothing to compare
	alone       bool // it is the mark itself
	key         string
	gen         int
	beforeFirst bool // nothing was there before the newer one
}

// historyState is what is known of one side.
type historyState uint8

const (
	stateMissing historyState = iota // nobody knows which state that was
	stateGone                        // there was no such key
	stateKnown
	stateUnknown // its value is not known
	stateHidden  // the journal was told not to keep it
)

// historyCompared is what a pair shows.
type historyCompared struct {
	pane  *historyPane
	of    historyPair
	side  diffSide
	about string
	lines []format.Line // nil for a difference, and for what is no text
	value []byte        // of a version as a whole
}

// stateOf returns what is known of a row's value.
func stateOf(row *history.Row) historyState {
	switch {
	case row == nil:
		return stateMissing
	case row.Deleted:
		return stateGone
	case row.Known:
		return stateKnown
	case row.Hidden:
		return stateHidden
	default:
		return stateUnknown
	}
}

// compared returns the two versions that are compared; false if the cursor is on no
// version.
func (p *historyPane) compared() (older, newer *history.Row, pair historyPair, ok bool) {
	row, ok := p.version()
	if !ok {
		return nil, nil, pair, false
	}
	pair = historyPair{whole: p.detail.whole, key: p.key, gen: p.gen}
	if p.detail.whole {
		newer = row
	} else {
		older, newer = p.sides(row, &pair)
	}
	if older != nil {
		pair.older = older.ID
	}
	pair.newer, pair.olderState, pair.newerState = newer.ID, stateOf(older), stateOf(newer)
	return older, newer, pair, true
}

// sides returns what the version under the cursor is compared with, and in which
// order.
func (p *historyPane) sides(row *history.Row, pair *historyPair) (older, newer *history.Row) {
	switch p.against {
	case againstBefore:
	case againstNow:
		now := p.newest()
		if pair.sameAsNow = now == row; !pair.sameAsNow {
			return row, now
		}
	case againstMarked:
		others := p.markedRows()
		if len(others) == 1 && others[0] != p.at {
			others = append(others, p.at)
		}
		if len(others) == 2 {
			a, b := min(others[0], others[1]), max(others[0], others[1])
			return &p.rows[b], &p.rows[a]
		}
		pair.alone = len(others) == 1
	}
	older, pair.broken = p.before(p.at)
	pair.beforeFirst = older == nil && p.keeps && p.read && p.rows[len(p.rows)-1].Kind == history.State
	return older, row
}

// newest returns the version that is there now; nil if none is known.
func (p *historyPane) newest() *history.Row {
	for i := range p.rows {
		if p.rows[i].Now {
			return &p.rows[i]
		}
	}
	return nil
}

// markedRows returns the rows that are marked.
func (p *historyPane) markedRows() []int {
	var found []int
	for i := range p.rows {
		if p.marked(&p.rows[i]) {
			found = append(found, i)
		}
	}
	return found
}

// before returns the version before the one of a row; nil if none is known. Broken
// says that others may have written in between.
func (p *historyPane) before(at int) (row *history.Row, broken bool) {
	for i := at + 1; i < len(p.rows); i++ {
		if p.rows[i].Kind == history.State {
			return &p.rows[i], broken
		}
		broken = true
	}
	return nil, false
}

// followDetail prepares what is shown below the list, beside the update loop: a
// value may be large.
func (p *historyPane) followDetail() tea.Cmd {
	older, newer, pair, ok := p.compared()
	if !ok || pair == p.detail.asked {
		return nil
	}
	p.detail.asked = pair
	r := historyCompared{pane: p, of: pair}
	var was, now []byte
	if pair.olderState == stateKnown {
		was = older.Value
	}
	if pair.newerState == stateKnown {
		now = newer.Value
	}
	return func() tea.Msg {
		both := pair.beforeFirst || pair.olderState == stateGone || pair.olderState == stateKnown
		switch {
		case pair.whole, !both:
			r.showWhole(now)
		case pair.newerState == stateGone, pair.newerState == stateKnown:
			r.side = newDiffSide("", pair.key, textdiff.Compare(pair.key, was, now), len(was), len(now))
			if pair.olderState != stateKnown {
				r.side.was = nothing
			}
			if pair.newerState != stateKnown {
				r.side.now = nothing
			}
		}
		return r
	}
}

// showWhole prepares a value as the value pane does.
func (r *historyCompared) showWhole(value []byte) {
	if r.of.newerState != stateKnown {
		return
	}
	kind := format.Detect(r.of.key, value)
	r.value, r.about = value, format.Describe(kind, value)
	if kind != format.Binary {
		head, rest := headOf(value)
		r.lines = format.Highlight(kind, head)
		for _, said := range []string{rest, saidOfLineEnd(value)} {
			if said != "" {
				r.lines = append(r.lines, format.Line{{Text: said, Role: themes.Muted}})
			}
		}
	}
}

func (r historyCompared) apply(*Model) tea.Cmd {
	if p := r.pane; r.of == p.detail.asked {
		p.detail.read, p.detail.laid = r, historyPair{}
	}
	return nil
}
