package tui

import (
	"fmt"
	"strings"
	"time"

	"kvist/internal/explain"
	"kvist/kv"
)

// fact is a line about a key.
type fact struct {
	text string
	ink  ink
}

// factRoom is the height from which a fact may take more than one line. Below it,
// the value needs the lines.
const factRoom = 10

// lines breaks a fact between its parts, if there is room.
func (f fact) lines(w, h int) []string {
	if h < factRoom || width(f.text) <= w-2 {
		return []string{f.text}
	}
	const between = " · "
	lines := []string{}
	for part := range strings.SplitSeq(f.text, between) {
		if last := len(lines) - 1; last >= 0 && width(lines[last]+between+part) <= w-2 {
			lines[last] += between + part
			continue
		}
		lines = append(lines, wrap(part, w-2)...)
	}
	return lines
}

// facts returns what is known of the key besides its value.
func (m *Model) facts() []fact {
	s, l := &m.value.shown, m.look
	facts := []fact{}
	if n, ok := m.tree.tree.Count(s.key); ok {
		facts = append(facts, fact{plural(n, "key") + " below", l.muted})
	}
	if s.gone {
		facts = append(facts, fact{l.signs.Removed + " deleted; this is what it last was", l.danger})
	}
	if s.err != nil && !s.gone {
		facts = append(facts, fact{explain.Error(s.err), l.warn})
	}
	switch {
	case !m.value.loading || s.pair != nil:
	case m.feed.state.OutOfContact():
		facts = append(facts, fact{"no contact: not read yet", l.muted})
	default:
		facts = append(facts, fact{"reading…", l.muted})
	}
	if s.pair == nil {
		return facts
	}
	head := s.about
	if m.conceals(s.key) {
		head = "value" // its format is part of it
	}
	if e, ok := m.tree.tree.Lookup(s.key); ok && kv.KeyFlags(e.Flags)&kv.Directory != 0 {
		head = "directory"
	}
	if size := sized(int64(len(s.pair.Value))); len(s.pair.Value) > 0 && !strings.HasSuffix(head, size) {
		head += " · " + size
	}
	head += " · " + m.revision(s.pair.LastIndex)
	facts = append(facts, fact{head, l.text})
	if s.meta != nil {
		facts = append(facts, metaFacts(m, s.meta, m.now().Sub(s.at))...)
	}
	if !s.change.IsZero() {
		facts = append(facts, fact{l.signs.Changed + " changed " + ago(m.now(), s.change), l.accent})
	}
	return facts
}

// metaFacts returns the key's metadata; age is how old that is.
func metaFacts(m *Model, meta *kv.Meta, age time.Duration) []fact {
	facts := []fact{}
	add := func(text string) {
		if text != "" {
			facts = append(facts, fact{text, m.look.muted})
		}
	}
	add(past(meta, m.terms))
	add(m.ownership(meta, age))
	if meta.Flags != 0 {
		add(fmt.Sprintf("flags %d", meta.Flags))
	}
	if len(meta.ACL) > 0 {
		add("ACL " + clean(strings.Join(meta.ACL, ", ")))
	}
	return facts
}

// past says when a key was created and changed.
func past(meta *kv.Meta, terms kv.Terms) string {
	parts := []string{}
	if meta.Created != 0 {
		parts = append(parts, fmt.Sprintf("%s %d", terms.Created, meta.Created))
	}
	if meta.Version != 0 && terms.Version != "" {
		parts = append(parts, fmt.Sprintf("%s %d", terms.Version, meta.Version))
	}
	if !meta.ModifiedAt.IsZero() {
		parts = append(parts, "modified "+meta.ModifiedAt.Local().Format("2006-01-02 15:04:05"))
	}
	if meta.Children > 0 {
		parts = append(parts, plural(meta.Children, "child node"))
	}
	return strings.Join(parts, " · ")
}

// ownership says what a key's life depends on. The time left is counted down only
// while there is contact: without it, nobody knows whether the owner has renewed
// it.
func (m *Model) ownership(meta *kv.Meta, age time.Duration) string {
	parts := []string{}
	if meta.Ephemeral {
		parts = append(parts, "ephemeral")
	}
	if meta.Owner != "" {
		parts = append(parts, m.terms.Owner+" "+clean(meta.Owner))
	}
	if meta.OwnerName != "" {
		parts = append(parts, clean(meta.OwnerName))
	}
	if meta.TTL > 0 {
		ttl := "TTL " + meta.TTL.Round(time.Second).String()
		switch {
		case meta.Left >= 0 && m.feed.state.OutOfContact():
			ttl += ", " + left(meta.Left, 0) + " left at " + m.value.shown.at.Format("15:04:05")
		case meta.Left >= 0:
			ttl += ", " + left(meta.Left, age) + " left"
		}
		parts = append(parts, ttl)
	}
	if meta.LockIndex > 0 {
		parts = append(parts, fmt.Sprintf("LockIndex %d", meta.LockIndex))
	}
	return strings.Join(parts, " · ")
}

// left returns what is left of a TTL after it was read age ago.
func left(of, age time.Duration) string {
	return max(0, of-age).Round(time.Second).String()
}

// renewEvery is how often a key with a TTL is read again at most.
const renewEvery = 2 * time.Second

// renew has the key read again when less than half of its TTL is left. No feed
// reports that an owner has renewed it, and the time left must not seem to run out.
func (p *valuePane) renew(m *Model, now time.Time) {
	age := now.Sub(p.shown.at)
	if m.visible(p) && !m.feed.state.OutOfContact() && p.counting() && age >= renewEvery && p.shown.meta.Left-age < p.shown.meta.TTL/2 {
		p.stale = true
	}
}

// counting reports whether the pane shows a TTL that runs down.
func (p *valuePane) counting() bool {
	return p.shown.meta != nil && p.shown.meta.TTL > 0 && p.shown.meta.Left > 0
}
