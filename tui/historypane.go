package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/history"
	"kvist/internal/journal"
	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

// historyPane lists the former states of one key, the newest first, and shows below
// what the one under the cursor changed, or all of it.
type historyPane struct {
	key     string // "" until a history was asked for
	keeps   bool   // the store keeps history
	pages   history.Pages
	present *history.Present // where the store keeps none
	records []journal.Record
	rows    []history.Row
	err     error
	cut     bool // the journal has more of the key than is shown

	gen     int  // grows with each key; what was read for another one is dropped
	reading bool // a read is under way
	read    bool // the first one has ended
	stale   bool // there is something new since the last one began
	due     bool // a read is scheduled
	anew    bool // the next one replaces what was read
	deep    bool // the store is asked for more than it looks through by itself
	cancel  context.CancelFunc
	took    time.Duration // for the last read
	written uint64        // how much kvist had written when the last read began
	grown   journal.Mark  // how far the journal had grown when it was read

	on      history.ID // the row that the cursor stays on
	marks   []history.ID
	against historyAgainst
	rowCursor
	detail historyDetail
	widths historyWidths
	inside bool // what is below the list has the focus
	passive
}

// historyAgainst is what the version under the cursor is compared with.
type historyAgainst uint8

const (
	againstBefore historyAgainst = iota // the version before
	againstNow                          // what is there now
	againstMarked                       // the marked version, or the two marked ones with each other
)

// String says it in the line above the list.
func (a historyAgainst) String() string {
	return [...]string{"against the version before", "against now", "against the mark"}[a]
}

func (p *historyPane) scope() keymap.Scope { return keymap.ScopeHistory }

func (p *historyPane) subject(m *Model) (tree.Row, bool) { return m.rowFor(p.key) }

// show asks for the history of the key under the cursor of the pane with the focus.
// The number of the pane brings back the one that was shown last.
func (p *historyPane) show(m *Model, by keymap.Action) (tea.Cmd, bool) {
	if by == keymap.Pane7 && p.key != "" {
		return nil, true
	}
	row, ok := m.subject()
	switch {
	case !ok:
		m.notice.warn(m.now(), "there is no key here whose history could be shown")
		return nil, false
	case !row.IsKey && !row.Ghost:
		m.notice.warn(m.now(), cleanName(row.Key)+" is a folder, not a key: only keys have a history")
		return nil, false
	case row.Key != p.key:
		p.begin(m, row.Key)
	default:
		p.stale = true
	}
	return nil, true
}

// begin shows the history of another key; follow reads it.
func (p *historyPane) begin(m *Model, key string) {
	p.stop()
	_, keeps := kv.As[kv.Historian](m.store)
	*p = historyPane{key: key, keeps: keeps, gen: p.gen + 1, rowCursor: rowCursor{height: p.height}}
}

// stop ends a read that may take long.
func (p *historyPane) stop() {
	if p.cancel != nil {
		p.cancel()
		p.cancel = nil
	}
}

func (p *historyPane) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if p.inside && p.detail.moved(a) {
		return nil, true
	}
	if to, ok := cursorAfter(a, p.at, len(p.rows), p.height); ok {
		p.to(to)
		return nil, true
	}
	switch a {
	case keymap.HistoryShow:
		p.turn(!p.detail.whole)
	case keymap.HistoryInside:
		p.inside = len(p.rows) > 0
	case keymap.HistoryCompare:
		p.compareNext()
	case keymap.HistoryMark:
		p.mark(m)
	case keymap.HistoryPutBack:
		return p.putBack(m), true
	case keymap.HistoryDeeper:
		return p.deeper(m), true
	case keymap.CopyValue:
		return p.copyVersion(m), true
	case keymap.HistoryLeave:
		return p.leave(m), true
	default:
		return nil, false
	}
	return nil, true
}

// turn shows the version as a whole and gives it the focus, or shows the difference
// again.
func (p *historyPane) turn(whole bool) {
	if _, ok := p.version(); !ok && whole {
		return
	}
	p.detail.whole, p.detail.top, p.inside = whole, 0, whole
}

// leave goes back from what is below the list to the list, and from there to the
// tree.
func (p *historyPane) leave(m *Model) tea.Cmd {
	switch {
	case p.inside && p.detail.whole:
		p.turn(false)
		return nil
	case p.inside:
		p.inside = false
		return nil
	}
	p.stop()
	return m.leavePane()
}

// compareNext compares with something else.
func (p *historyPane) compareNext() {
	p.against = (p.against + 1) % (againstMarked + 1)
	if p.against == againstMarked && len(p.marks) == 0 {
		p.against = againstBefore
	}
	p.detail.whole, p.detail.top = false, 0
}

// mark marks the version under the cursor, or removes its mark. There are at most
// two: a third one takes the place of the first.
func (p *historyPane) mark(m *Model) {
	row, ok := p.version()
	if !ok {
		m.notice.warn(m.now(), "there is no version here to mark")
		return
	}
	n := len(p.marks)
	p.marks = slices.DeleteFunc(p.marks, row.ID.Is)
	if len(p.marks) == n {
		p.marks = append(p.marks, row.ID)
		p.marks = p.marks[max(0, len(p.marks)-2):]
	}
	p.against = againstMarked
	if len(p.marks) == 0 {
		p.against = againstBefore
	}
	p.detail.whole, p.detail.top = false, 0
}

// marked reports whether a row is marked.
func (p *historyPane) marked(row *history.Row) bool {
	return row.Kind == history.State && slices.ContainsFunc(p.marks, row.ID.Is)
}

// version returns the version under the cursor; false where there is none.
func (p *historyPane) version() (*history.Row, bool) {
	if p.at >= len(p.rows) || p.rows[p.at].Kind != history.State {
		return nil, false
	}
	return &p.rows[p.at], true
}

// moment returns the revision of the version under the cursor, where the store keeps
// history.
func (p *historyPane) moment() uint64 {
	if row, ok := p.version(); ok && p.keeps {
		return row.Index
	}
	return 0
}

// to puts the cursor on a row, which it stays on.
func (p *historyPane) to(row int) {
	if row != p.at {
		p.detail.top = 0
	}
	p.goTo(row, len(p.rows))
	if p.at < len(p.rows) {
		p.on = p.rows[p.at].ID
	}
}

// copyVersion copies the value of the version under the cursor.
func (p *historyPane) copyVersion(m *Model) tea.Cmd {
	row, ok := p.version()
	if !ok || row.Deleted || !row.Known {
		m.notice.warn(m.now(), "there is no value here to copy")
		return nil
	}
	return m.copyPair(&kv.KVPair{Key: p.key, Value: row.Value, LastIndex: row.Index})
}

func (p *historyPane) click(_ *Model, at point) tea.Cmd {
	switch line := at.y - p.widths.above; {
	case line > p.height:
		p.inside = len(p.rows) > 0
	case line >= 0:
		p.inside = false
		p.to(p.top + min(line, p.height-1))
	}
	return nil
}

func (p *historyPane) caret(*Model) (point, bool) {
	if p.inside {
		return point{0, p.widths.above + p.height + 1}, true
	}
	return point{0, p.widths.above + p.at - p.top}, len(p.rows) > 0
}

func (p *historyPane) reads() bool { return p.inside }

func (p *historyPane) wheel(_ *Model, at point, by int) {
	if at.y > p.widths.above+p.height {
		p.detail.scroll(by)
		return
	}
	p.inside = false
	p.to(p.at + by)
}

func (p *historyPane) hint(m *Model, h keymap.Hint) (string, bool) {
	row, version := p.version()
	switch h.Action {
	case keymap.HistoryOpen:
		row, ok := m.subject()
		return h.Text, ok && (row.IsKey || row.Ghost)
	case keymap.HistoryShow:
		if p.detail.whole {
			return "difference", true
		}
		return h.Text, version
	case keymap.HistoryMark, keymap.HistoryCompare:
		return h.Text, version
	case keymap.HistoryPutBack:
		return h.Text, version && !m.opts.ReadOnly && (row.Known || row.Deleted)
	case keymap.HistoryDeeper:
		return h.Text, p.furthers()
	case keymap.HistoryLeave:
		if p.inside {
			return "list", true
		}
	}
	return h.Text, true
}

func (p *historyPane) feedBegan(*Model, kv.Batch, time.Time) {}

// feedChanged notes a change of the key, or of a folder around it.
func (p *historyPane) feedChanged(_ *Model, c treeChange) {
	if c.Key == p.key || c.Kind == kv.FolderGoneEvent && strings.HasPrefix(p.key, c.Key+"/") {
		p.stale = p.stale || p.key != ""
	}
}

// feedEnded shows at once what the feed brought; what the store says of it follows.
func (p *historyPane) feedEnded(m *Model, b takenBatch) tea.Cmd {
	p.stale = p.stale || b.back() && p.err != nil
	if p.stale && m.visible(p) {
		p.arrange(m)
	}
	return nil
}
