package tui

import (
	"bytes"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/merge"
	"kvist/internal/textdiff"
	"kvist/keymap"
	"kvist/kv"
)

// mergeDialog goes through the places where two changes of a text contradict each
// other, and takes what is chosen.
type mergeDialog struct {
	edit   *edit
	theirs *kv.KVPair
	result merge.Result
	taken  []mergeChoice // of each conflict
	at     int           // the conflict that is shown

	mine, their diffSide // what each side changed there
	viewport
}

// mergeChoice is what is taken where two changes contradict each other.
type mergeChoice uint8

const (
	takeNothing mergeChoice = iota // it stays, with its markers
	takeMine
	takeTheirs
	takeBoth // mine, then theirs
)

// words returns what was chosen, in words.
func (c mergeChoice) words() string {
	return [...]string{"not decided yet", "yours is taken", "theirs is taken", "both are taken, yours first"}[c]
}

// openMerge shows the conflicts of a merge.
func (m *Model) openMerge(e *edit, theirs *kv.KVPair, r merge.Result) {
	d := &mergeDialog{edit: e, theirs: theirs, result: r, taken: make([]mergeChoice, len(r.Conflicts))}
	d.show(0)
	m.open(d)
}

// show shows a conflict, around the ends.
func (d *mergeDialog) show(at int) {
	n := len(d.result.Conflicts)
	d.at, d.top = (at+n)%n, 0
	c := d.result.Conflicts[d.at]
	mine, their := textdiff.CompareBoth(d.edit.key, c.Base, c.Mine, c.Theirs)
	d.mine = newDiffSide("", d.edit.key, mine, len(c.Base), len(c.Mine))
	d.their = newDiffSide("", d.edit.key, their, len(c.Base), len(c.Theirs))
}

func (d *mergeDialog) scope() keymap.Scope { return keymap.ScopeMerge }

func (d *mergeDialog) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if d.moved(a) {
		return nil, true
	}
	switch a {
	case keymap.ValueReveal:
		return m.revealKey(d.edit.key), true
	case keymap.FindNext:
		d.show(d.at + 1)
	case keymap.FindPrevious:
		d.show(d.at - 1)
	case keymap.MergeMine:
		d.take(takeMine)
	case keymap.MergeTheirs:
		d.take(takeTheirs)
	case keymap.MergeBoth:
		d.take(takeBoth)
	case keymap.DialogConfirm:
		return d.edited(m), true
	case keymap.DialogCancel:
		m.close(d)
	default:
		return nil, false
	}
	return nil, true
}

// take decides the conflict that is shown, and shows the next one that is not
// decided.
func (d *mergeDialog) take(c mergeChoice) {
	d.taken[d.at] = c
	for i := range d.taken {
		if next := (d.at + i) % len(d.taken); d.taken[next] == takeNothing {
			d.show(next)
			return
		}
	}
}

// open returns how many conflicts are not decided.
func (d *mergeDialog) open() int {
	n := 0
	for _, c := range d.taken {
		if c == takeNothing {
			n++
		}
	}
	return n
}

// text returns the merged text as it was decided.
func (d *mergeDialog) text() []byte {
	var out []byte
	at := 0
	for i, c := range d.result.Conflicts {
		out = append(out, d.result.Text[at:c.Start]...)
		switch d.taken[i] {
		case takeNothing:
			out = append(out, d.result.Text[c.Start:c.End]...)
		case takeMine:
			out = append(out, c.Mine...)
		case takeTheirs:
			out = append(out, c.Theirs...)
		case takeBoth:
			out = append(out, c.Mine...)
			if len(c.Mine) > 0 && !bytes.HasSuffix(c.Mine, []byte("\n")) {
				out = append(out, '\n')
			}
			out = append(out, c.Theirs...)
		}
		at = c.End
	}
	return append(out, d.result.Text[at:]...)
}

// edited continues editing the merged text, with theirs as the base.
func (d *mergeDialog) edited(m *Model) tea.Cmd {
	m.close(d)
	if n := d.open(); n > 0 {
		m.notice.warn(m.now(), plural(n, "conflict")+": resolve the <<<<<<< block, then save")
	} else {
		m.notice.say(m.now(), "merged; review and save")
	}
	return m.editMerged(d.edit, d.theirs, d.text())
}

// editMerged continues editing a merged text, with theirs as the base. What somebody
// wrote after theirs was read is still to be said.
func (m *Model) editMerged(e *edit, theirs *kv.KVPair, text []byte) tea.Cmd {
	e.base = theirs
	if e.seen != nil && e.seen.Kind == kv.PutEvent && e.seen.Index <= theirs.LastIndex {
		e.seen = nil
	}
	return tea.Batch(m.editAgain(e, text), m.keepDraft(e, text))
}
