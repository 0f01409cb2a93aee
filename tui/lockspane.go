package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/internal/undo"
	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

// locksEvery is how often visible locks are read: no feed reports the time left of
// a TTL.
const locksEvery = time.Second

// locksPane lists the locks below the opened prefix.
type locksPane struct {
	locks     []kv.LockInfo
	read      time.Time // when they were read; zero until then
	err       error
	loading   bool
	due       bool // the next read is scheduled
	lines     []lockLine
	rowCursor          // in lines
	above     []string // the lines above the list
	detail    []string // the lines below it
	find      listFind
	first     map[claimID]time.Time // when each claim was first seen here
	passive
}

// lockLine is a line of the list: a lock, a holder or a waiter.
type lockLine struct {
	lock      int
	contender *kv.Contender // nil for a lock and for a remark
	waits     int           // the waiter's place in the queue, from 1
	remark    string
}

// show reads the locks.
func (p *locksPane) show(m *Model, _ keymap.Action) (tea.Cmd, bool) {
	if _, ok := kv.As[kv.LockInspector](m.store); !ok {
		p.err = kv.ErrNotImplemented
		return nil, true
	}
	return p.readNow(m), true
}

// travelled reads the locks as they are in the other store.
func (p *locksPane) travelled(m *Model) tea.Cmd {
	if !m.visible(p) {
		return nil
	}
	return p.readNow(m)
}

// wakes updates the time left of the TTLs.
func (p *locksPane) wakes(*Model) time.Duration { return time.Second }

// readNow reads the locks, unless a read is under way.
func (p *locksPane) readNow(m *Model) tea.Cmd {
	if p.loading {
		return nil
	}
	p.loading = true
	inspector, _ := kv.As[kv.LockInspector](m.store)
	prefix, now := m.opts.Prefix, m.now
	return func() tea.Msg {
		ctx, cancel := m.timeout()
		defer cancel()
		began := now()
		locks, err := inspector.Locks(ctx, prefix)
		return locksRead{p, locks, err, now().Sub(began)}
	}
}

// locksRead is the result of reading the locks.
type locksRead struct {
	pane  *locksPane
	locks []kv.LockInfo
	err   error
	took  time.Duration
}

func (r locksRead) apply(m *Model) tea.Cmd {
	p := r.pane
	p.loading, p.err = false, r.err
	m.noteCompacted(r.err)
	if r.err == nil || errors.Is(r.err, kv.ErrIncomplete) {
		p.fill(r.locks, m.now())
	}
	if p.due || !m.visible(p) {
		return nil
	}
	p.due = true
	// Where reading the locks takes long, they are read less often.
	return m.after(max(locksEvery, 10*r.took), locksDue{p})
}

// locksDue says that it is time for the next read.
type locksDue struct{ pane *locksPane }

func (r locksDue) apply(m *Model) tea.Cmd {
	r.pane.due = false
	if !m.visible(r.pane) {
		return nil
	}
	return r.pane.readNow(m)
}

// fill lists the locks and keeps the cursor on its claim.
func (p *locksPane) fill(locks []kv.LockInfo, now time.Time) {
	on, under := -1, lineID{}
	if p.at < len(p.lines) {
		under = p.lines[p.at].id(p.locks)
	}
	p.locks, p.read, p.lines = locks, now, nil
	seen := map[claimID]time.Time{}
	for i := range locks {
		p.lines = append(p.lines, linesOf(i, &locks[i])...)
		for _, c := range append(append([]kv.Contender(nil), locks[i].Holders...), locks[i].Waiters...) {
			id := claimOf(c)
			seen[id] = now
			if at, ok := p.first[id]; ok {
				seen[id] = at
			}
		}
	}
	p.first = seen
	for i, line := range p.lines {
		if line.id(locks) == under {
			on = i
		}
	}
	if on >= 0 {
		p.at = on
	}
	p.at = max(0, min(p.at, len(p.lines)-1))
}

// linesOf returns the lines of a lock.
func linesOf(i int, l *kv.LockInfo) []lockLine {
	lines := []lockLine{{lock: i}}
	for n := range l.Holders {
		lines = append(lines, lockLine{lock: i, contender: &l.Holders[n]})
	}
	if len(l.Holders) == 0 {
		lines = append(lines, lockLine{lock: i, remark: "nobody holds it"})
	}
	for n := range l.Waiters {
		lines = append(lines, lockLine{lock: i, contender: &l.Waiters[n], waits: n + 1})
	}
	if l.WaitersHidden != "" {
		lines = append(lines, lockLine{lock: i, remark: "waiters: " + l.WaitersHidden})
	}
	return lines
}

// claimID identifies a claim.
type claimID struct{ id, key string }

func claimOf(c kv.Contender) claimID { return claimID{c.ID, c.Key} }

// lineID identifies what a line is about, so that the cursor finds it again.
type lineID struct {
	claim        claimID
	lock, remark string // of a line without a claim
}

func (l lockLine) id(locks []kv.LockInfo) lineID {
	if l.contender != nil {
		return lineID{claim: claimOf(*l.contender)}
	}
	return lineID{lock: locks[l.lock].Key, remark: l.remark}
}

func (p *locksPane) click(_ *Model, at point) tea.Cmd {
	p.to(p.top + at.y - len(p.above))
	return nil
}

func (p *locksPane) caret(*Model) (point, bool) {
	return point{0, len(p.above) + p.at - p.top}, len(p.lines) > 0
}

func (p *locksPane) wheel(_ *Model, _ point, by int) {
	p.to(p.at + by)
}

func (p *locksPane) subject(m *Model) (tree.Row, bool) { return m.rowFor(p.key()) }

func (p *locksPane) comesBack() {}

func (p *locksPane) scope() keymap.Scope { return keymap.ScopeLocks }

func (p *locksPane) hint(m *Model, h keymap.Hint) (string, bool) {
	switch h.Action {
	case keymap.LocksOpen:
		_, able := kv.As[kv.LockInspector](m.store)
		return h.Text, able
	case keymap.LocksGo:
		return h.Text, len(p.lines) > 0
	case keymap.LocksBreak:
		return h.Text, len(p.lines) > 0 && !m.opts.ReadOnly
	default:
		return h.Text, true
	}
}

func (p *locksPane) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if p.moved(a, len(p.lines)) {
		return nil, true
	}
	if cmd, mine := p.find.act(m, p, a); mine {
		return cmd, true
	}
	switch a {
	case keymap.LocksBreak:
		return p.planBreak(m), true
	case keymap.LocksGo:
		return m.showKey(p.key()), true
	case keymap.LocksLeave:
		return m.leavePane(), true
	}
	return nil, false
}

// key returns the key of the line under the cursor: that of the holder's or
// waiter's claim, or of the lock.
func (p *locksPane) key() string {
	if p.at >= len(p.lines) {
		return ""
	}
	line := p.lines[p.at]
	if line.contender != nil && line.contender.Key != "" {
		return line.contender.Key
	}
	return p.locks[line.lock].Key
}

func (p *locksPane) rows() int   { return len(p.lines) }
func (p *locksPane) cursor() int { return p.at }

func (p *locksPane) to(row int) { p.goTo(row, len(p.lines)) }

// searchText returns the lock's key and recipe, or the holder or waiter.
func (p *locksPane) searchText(row int) string {
	line := p.lines[row]
	if c := line.contender; c != nil {
		return c.Name + " " + c.ID + " " + c.Key
	}
	lock := p.locks[line.lock]
	return lock.Key + " " + lock.Recipe + " " + line.remark
}

// planBreak reads what breaking the claim under the cursor affects.
func (p *locksPane) planBreak(m *Model) tea.Cmd {
	switch {
	case m.opts.ReadOnly:
		m.notice.warn(m.now(), "read-only profile: no lock can be broken")
		return nil
	case p.at >= len(p.lines):
		m.notice.warn(m.now(), "there is no lock here to break")
		return nil
	}
	line := p.lines[p.at]
	lock := p.locks[line.lock]
	who := line.contender
	if who == nil && len(lock.Holders) == 1 {
		who = &lock.Holders[0]
	}
	if who == nil {
		m.notice.warn(m.now(), "put the cursor on a holder or a waiter")
		return nil
	}
	inspector, _ := kv.As[kv.LockInspector](m.store)
	r := breakPlanned{pane: p, lock: lock, claim: *who}
	r.dialog = &confirm{title: r.title(), reading: "reading what else it affects…", danger: true}
	m.open(r.dialog)
	return func() tea.Msg {
		ctx, cancel := m.timeout()
		defer cancel()
		r.plan, r.err = inspector.BreakPlan(ctx, r.lock, r.claim)
		return r
	}
}

// breakPlanned is the result of planBreak.
type breakPlanned struct {
	pane   *locksPane
	dialog *confirm // opened at once, and filled by this result
	lock   kv.LockInfo
	claim  kv.Contender
	plan   kv.BreakPlan
	err    error
}

// title returns the question.
func (r breakPlanned) title() string {
	if !r.holds() {
		return "Take it out of the queue?"
	}
	return "Break the lock?"
}

func (r breakPlanned) apply(m *Model) tea.Cmd {
	if r.err != nil {
		m.close(r.dialog)
		m.notice.fail(m.now(), r.err)
		return nil
	}
	r.dialog.reading, r.dialog.seen = "", 0
	r.dialog.text = r.consequences(m)
	r.dialog.yes = func(m *Model) tea.Cmd { return m.permit(r.carryOut) }
	return nil
}

// holds reports whether the claim belongs to a holder.
func (r breakPlanned) holds() bool {
	return slices.ContainsFunc(r.lock.Holders, func(c kv.Contender) bool { return c.ID == r.claim.ID && c.Key == r.claim.Key })
}

// consequences says what breaking does.
func (r breakPlanned) consequences(m *Model) string {
	claims := "waits for"
	if r.holds() {
		claims = "holds"
	}
	subject, note := clean(m.who(r.claim)), ""
	if r.claim.Name == "" && r.claim.TTL == 0 && r.claim.Note != "" && r.claim.Key != r.lock.Key {
		// the ID says no more than the note
		subject, note = cleanName(r.claim.Key), ": "+clean(r.claim.Note)
	}
	text := fmt.Sprintf("%s %s %s%s. This will %s.", subject, claims, cleanName(r.lock.Key), note, clean(r.plan.Action))
	if also := r.alsoDeleted(); len(also) > 0 {
		text += fmt.Sprintf(" Also deleted: %s.", someOf(also))
	}
	if len(r.plan.Freed) > 0 {
		text += fmt.Sprintf(" Also released: %s.", someOf(r.plan.Freed))
	}
	var loss undo.Loss
	for _, key := range r.plan.Deleted {
		loss.Add(m.store, key)
	}
	if lost := m.lossText(loss); lost != "" {
		text += " " + lost + "."
	}
	if r.plan.Note != "" {
		text += " " + explain.Sentence(clean(r.plan.Note)) + "."
	}
	if claims == "holds" {
		text += " The old holder may keep working until it notices."
	}
	return text
}

// alsoDeleted returns the keys that are deleted besides the one in the action.
func (r breakPlanned) alsoDeleted() []string {
	return slices.DeleteFunc(slices.Clone(r.plan.Deleted), func(key string) bool {
		return key == r.claim.Key && strings.HasSuffix(r.plan.Action, key)
	})
}

// carryOut breaks the lock, if the claim is still as shown.
func (r breakPlanned) carryOut(m *Model) tea.Cmd {
	inspector, _ := kv.As[kv.LockInspector](m.store)
	return func() tea.Msg {
		ctx, cancel := m.timeout()
		defer cancel()
		return broken{r, inspector.Break(ctx, r.lock, r.claim)}
	}
}

// broken is the result of breaking a lock.
type broken struct {
	of  breakPlanned
	err error
}

func (r broken) apply(m *Model) tea.Cmd {
	switch {
	case r.err != nil:
		m.notice.fail(m.now(), r.err)
	case r.of.holds():
		m.notice.say(m.now(), "broke the lock "+cleanName(r.of.lock.Key))
	default:
		m.notice.say(m.now(), "took "+clean(m.who(r.of.claim))+" out of the queue for "+cleanName(r.of.lock.Key))
	}
	return r.of.pane.readNow(m)
}

// who names a contender.
func (m *Model) who(c kv.Contender) string {
	if c.Name == "" {
		return c.ID
	}
	return m.claimName(c) + " (" + c.ID + ")"
}

// someOf names the first keys and counts the others.
func someOf(keys []string) string {
	const most = 6
	text := ""
	for i, key := range keys {
		if i == most {
			return text + fmt.Sprintf(" and %d more", len(keys)-most)
		}
		if i > 0 {
			text += ", "
		}
		text += cleanName(key)
	}
	return text
}
