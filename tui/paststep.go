package tui

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
	"kvist/tui/tree"
)

// stepped is what the last step was about.
type stepped struct {
	on      bool
	subject string // a folder or a key; "" for the opened prefix
	landed  string // where the step put the cursor
}

// step goes to the next or the previous change of the folder or key under the
// cursor.
func (m *Model) step(forward bool) tea.Cmd {
	if forward {
		return m.stepBy(1)
	}
	return m.stepBy(-1)
}

// stepBy makes so many steps; negative ones go backwards.
func (m *Model) stepBy(steps int) tea.Cmd {
	subject, shown := m.stepSubject(), uint64(0)
	switch {
	case m.asOf != nil:
		shown = m.asOf.revision
	case steps > 0 && m.mayTravel():
		m.notice.warn(m.now(), "this is now: no change of "+m.stepName(subject)+" is newer")
		return nil
	}
	which := "next change"
	if steps < 0 {
		which = "change before"
	}
	s := stepSearch{subject: subject, name: m.stepName(subject), dir: m.opts.Prefix, from: shown, steps: steps}
	return m.travel("the "+which+" of "+s.name, s.find)
}

// stepSubject returns the folder or key that steps are about. A step puts the cursor
// on what changed; as long as it stays there, the next step is about the same folder.
func (m *Model) stepSubject() string {
	row, ok := m.subject()
	if !ok {
		return ""
	}
	if m.asOf != nil && m.asOf.stepped.on && row.Key == m.asOf.stepped.landed {
		return m.asOf.stepped.subject
	}
	return row.Key
}

// stepName names what steps are about.
func (m *Model) stepName(subject string) string {
	if subject == "" {
		if m.opts.Prefix == "" {
			return "the store"
		}
		return cleanName(m.opts.Prefix)
	}
	if _, folder := m.tree.tree.Count(subject); folder {
		return cleanName(subject) + "/"
	}
	return cleanName(subject)
}

// stepSearch looks for the revision that some steps lead to.
type stepSearch struct {
	subject, name, dir string
	from               uint64 // 0 for now
	steps              int
}

// find makes the steps, as far as there are changes.
func (s stepSearch) find(ctx context.Context, h kv.Historian) (arrival, error) {
	at, moved := s.from, false
	if at == 0 {
		newest, err := h.Revision(ctx)
		if err != nil {
			return arrival{}, err
		}
		at = newest + 1 // a step back is to the last change, not to the one before
	}
	said := ""
	for range max(s.steps, -s.steps) {
		next, err := s.one(ctx, h, at)
		switch {
		case errors.Is(err, kv.ErrCompacted):
			said = "it cannot be known what changed " + s.name + " before " + s.place(at) + ": what is older has been compacted"
		case err != nil:
			return arrival{}, err
		case next == 0 && s.steps > 0:
			said = "no change of " + s.name + " after " + s.place(at)
		case next == 0:
			said = "no change of " + s.name + " before " + s.place(at)
		}
		if said != "" {
			break
		}
		at, moved = next, true
	}
	if !moved {
		return arrival{said: said}, nil
	}
	store, err := h.At(ctx, at)
	return arrival{revision: at, store: store, step: true, subject: s.subject}, err
}

// place names the moment from which a step was tried.
func (s stepSearch) place(at uint64) string {
	if s.from == 0 && at > 0 {
		return "now"
	}
	return "revision " + strconv.FormatUint(at, 10)
}

// one makes a step.
func (s stepSearch) one(ctx context.Context, h kv.Historian, at uint64) (uint64, error) {
	what := s.subject
	if what == "" {
		what = s.dir
	}
	if s.steps > 0 {
		return h.NextChange(ctx, what, at)
	}
	return h.PreviousChange(ctx, what, at)
}

const (
	// flashMax is how many keys of a change are lit.
	flashMax = 1000
	// flashLook is how many keys a folder may have for its former keys to be listed,
	// if the change is known without them.
	flashLook = 50_000
)

// findStepped finds out what the change did to which the last step led.
func (m *Model) findStepped() tea.Cmd {
	h, ok := m.historian()
	if !ok {
		return nil
	}
	q := flashQuestion{history: h, keys: m.tree.tree, subject: m.asOf.stepped.subject, dir: m.opts.Prefix, revision: m.asOf.revision, now: m.now()}
	ctx := m.ctx
	return func() tea.Msg { return q.answer(ctx) }
}

// flashQuestion asks which keys of a folder, or which key, a revision changed.
type flashQuestion struct {
	history  kv.Historian
	keys     *tree.Tree // as of the revision
	subject  string
	dir      string
	revision uint64
	now      time.Time
}

// steppedShown is what a change did.
type steppedShown struct {
	revision uint64
	put      []string
	created  map[string]bool // of put; nil if it is not known
	gone     []tree.Entry
	was      shown // the value of the first that is gone
}

// answer finds the keys that the revision put, and those that were there before and
// are not any more.
func (q flashQuestion) answer(ctx context.Context) steppedShown {
	r := steppedShown{revision: q.revision}
	if q.changes(ctx, &r) {
		return r
	}
	if e, ok := q.keys.Lookup(q.subject); ok && q.subject != "" && e.Index == q.revision {
		r.put = append(r.put, e.Key)
	}
	for e := range q.keys.After(q.subject) {
		if q.subject != "" && !strings.HasPrefix(e.Key, q.subject+"/") || len(r.put) == flashMax || ctx.Err() != nil {
			break
		}
		if e.Index == q.revision {
			r.put = append(r.put, e.Key)
		}
	}
	below := q.keys.Keys()
	if q.subject != "" {
		below, _ = q.keys.Count(q.subject)
	}
	if len(r.put) > 0 && below > flashLook {
		return r
	}
	before, err := q.history.At(ctx, q.revision-1)
	if err != nil { // compacted: what was deleted is not known
		return r
	}
	defer before.Close()
	q.compare(ctx, before, &r)
	if len(r.put) == 0 && len(r.gone) > 0 {
		q.readGone(ctx, before, &r)
	}
	return r
}

// changes asks the store's history; false if that is too much, or compacted.
func (q flashQuestion) changes(ctx context.Context, r *steppedShown) bool {
	what := q.subject
	if what == "" {
		what = q.dir
	}
	all, err := q.history.Differences(ctx, what, q.revision-1, q.revision, flashMax)
	if err != nil {
		return false
	}
	slices.SortFunc(all, func(a, b kv.Difference) int { return strings.Compare(a.Key, b.Key) })
	r.created = map[string]bool{}
	for _, d := range all {
		if d.Is == nil {
			r.gone = append(r.gone, tree.Entry{Key: d.Key, Index: d.Was.Index, Size: d.Was.Size, Flags: uint8(d.Was.Flags)})
			continue
		}
		r.put = append(r.put, d.Key)
		if d.Was == nil {
			r.created[d.Key] = true
		}
	}
	if len(r.put) > 0 || len(r.gone) == 0 {
		return true
	}
	if before, err := q.history.At(ctx, q.revision-1); err == nil {
		defer before.Close()
		q.readGone(ctx, before, r)
	}
	return true
}

// readGone reads the value of the first key that is gone.
func (q flashQuestion) readGone(ctx context.Context, before kv.Store, r *steppedShown) {
	r.was = readShown(ctx, before, r.gone[0].Key, q.now)
	r.was.gone = true
}

var errEnough = errors.New("enough keys")

// compare looks for keys that were there before.
func (q flashQuestion) compare(ctx context.Context, before kv.Store, r *steppedShown) {
	created := make(map[string]bool, len(r.put))
	for _, key := range r.put {
		created[key] = true
	}
	see := func(e kv.Entry) error {
		delete(created, e.Key)
		if _, there := q.keys.Lookup(e.Key); !there {
			r.gone = append(r.gone, tree.Entry{Key: e.Key, Index: e.Index, Size: e.Size, Flags: uint8(e.Flags)})
		}
		if len(r.gone) == flashMax {
			return errEnough
		}
		return nil
	}
	dir := q.dir
	if q.subject != "" {
		dir = q.subject + "/"
		if pair, err := before.Get(q.subject); err == nil && pair.Key == q.subject {
			_ = see(kv.Entry{Key: pair.Key, Index: pair.LastIndex, Size: len(pair.Value)}) // it is the first
		}
	}
	if _, err := kv.ListKeys(ctx, before, dir, kv.ListOptions{}, see); err == nil {
		r.created = created
	}
}

func (r steppedShown) apply(m *Model) tea.Cmd {
	if m.asOf == nil || m.asOf.revision != r.revision || m.asOf.left {
		return nil // it has moved on
	}
	now, t, first := m.now(), m.tree.tree, ""
	for _, key := range r.put {
		as := tree.Changed
		if r.created[key] {
			as = tree.Added
		}
		t.Light(key, as, now)
		if first == "" {
			first = key
		}
	}
	for _, e := range r.gone {
		t.LightGone(e, now)
		if first == "" {
			first = e.Key
		}
	}
	if first != "" && !m.tree.goTo(first) {
		m.unfind(first)
	}
	m.tree.keepLine(m.tree.line())
	if r.was.key != "" && r.was.key == m.tree.cursor {
		m.value.shown, m.value.layout, m.value.top = r.was, valueLayout{}, 0
	}
	m.asOf.stepped.landed = m.tree.cursor
	m.notice.say(now, r.said(m))
	return nil
}

// said counts what the change did.
func (r steppedShown) said(m *Model) string {
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, grouped(n)+" "+what)
		}
	}
	add(len(r.created), "added")
	add(len(r.put)-len(r.created), "changed")
	add(len(r.gone), "deleted")
	if len(parts) == 0 {
		return "revision " + m.asOf.name()
	}
	return "revision " + m.asOf.name() + ": " + strings.Join(parts, ", ") + " in " + m.stepName(m.asOf.stepped.subject)
}
