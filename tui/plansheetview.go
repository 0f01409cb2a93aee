package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/kv"
	"kvist/themes"
)

// planBody is the lines of a plan. Only those in sight are drawn.
type planBody struct {
	head []string
	rows int // keys and folders
	foot []string
}

func (b planBody) count() int { return len(b.head) + b.rows + len(b.foot) }

// planMark is how a key of a plan is marked.
type planMark struct {
	in   ink
	sign string
	note string // behind the name; "" for none
}

// layBody fits the lines into a dialog of h.
func (s *planSheet) layBody(b planBody, h int) {
	s.body = b
	s.fit(b.count(), h-2)
}

// show draws the lines in sight, and the keys that work now.
func (s *planSheet) show(m *Model, of planSurface, w int) dialogView {
	v := dialogView{wanted: w}
	end := s.end()
	for i := s.top; i < end; i++ {
		v.lines = append(v.lines, s.line(m, of, i, w))
	}
	s.seen = max(s.seen, end)
	v.unread = s.seen < len(s.body.head)
	return dialogWith(v, m.moreBelow(s.count-end), fitStyled(planKeys(m, of), w))
}

// line draws a line of the body.
func (s *planSheet) line(m *Model, of planSurface, i, w int) string {
	switch b := s.body; {
	case i < len(b.head):
		return b.head[i]
	case i < len(b.head)+b.rows:
		return s.row(m, of, i-len(b.head), w)
	default:
		return b.foot[i-len(b.head)-b.rows]
	}
}

// planKeys returns the keys that work now.
func planKeys(m *Model, of planSurface) string {
	cancel := named{keymap.DialogCancel, "cancel"}
	switch {
	case of.stage() == planOver:
		cancel.text = "close"
	case of.stage() != planAsking:
		cancel.text = "stop"
	case counts(m, of):
		return countLine(m, of) + "  " + m.namedKeys(keymap.ScopePlan, cancel)
	default:
		keys := append(of.turns(), named{keymap.FindOpen, "find"}, cancel)
		if of.size() > 0 {
			keys = append([]named{{keymap.PlanYes, of.verb()}}, keys...)
		}
		return m.namedKeys(keymap.ScopePlan, keys...)
	}
	return m.namedKeys(keymap.ScopePlan, cancel)
}

// planShown is how many keys a report names.
const planShown = 8

// planSize is the width of the column of sizes, "1023.9 KiB" and a space.
const planSize = 11

// row draws a folder of the plan, or a key with its marks.
func (s *planSheet) row(m *Model, of planSurface, row, w int) string {
	g, n := s.list.group(row)
	if n < 0 {
		text := plural(len(g.keys), "key") + strings.TrimSuffix(planBytes(g.sum, len(g.keys)), ",")
		room := max(1, w-1-width(text))
		name := fitApart(cleanName(g.dir), room, s.list.apart(row, g.dir))
		return m.look.folder.Paint(fit(name, room)) + " " + m.look.muted.Paint(fit(text, min(width(text), w)))
	}
	k, size := s.list.keys[g.keys[n]], ""
	if k.Size >= 0 {
		size = sized(int64(k.Size))
	}
	marks, cells := m.look.marked(k.Flags)
	size = blank(planSize-width(size)) + size
	indent, name := strings.Repeat("  ", g.heading()), s.list.name(g, n)
	places := s.list.apart(row, name)
	if g.row < s.top-len(s.body.head) && g.heading() > 0 { // its heading is out of sight
		indent, name = "", k.Key
		for i := range places {
			places[i] += len(cleanName(g.dir))
		}
	}
	mark := of.mark(m, int(g.keys[n]))
	note := ""
	if mark.note != "" {
		note = "  " + fit(clean(mark.note), min(width(clean(mark.note)), w/2))
	}
	room := max(1, w-len(indent)-3-cells-width(note)-width(size))
	text := fitApart(cleanName(name), room, places)
	in := m.look.text
	if row == s.foundAt && s.query != "" {
		in = m.look.selected
	}
	return indent + mark.in.Paint(mark.sign+" ") + in.Paint(text) + mark.in.Paint(note) +
		blank(room-width(text)+1) + marks + m.look.muted.Paint(size)
}

// fitApart cuts text to w cells and keeps as much as possible around places: the
// parts in which names differ must not be cut.
func fitApart(text string, w int, places []int) string {
	if width(text) <= w || w < apartLeast {
		return fitMiddle(text, min(w, width(text)))
	}
	slices.Sort(places)
	head, used := cutCells(text, w/apartParts)
	shown, at := head, len(head)
	for _, place := range places {
		if place < at || len(text)-place <= w/(2*apartParts) {
			continue // in sight at the beginning, or later at the end
		}
		from := max(at, place-apartBefore)
		for from > at && !utf8.RuneStart(text[from]) {
			from--
		}
		if from > at {
			shown, used = shown+"…", used+1
		}
		part, cells := cutCells(text[from:], w/apartParts-1)
		shown, used, at = shown+part, used+cells, from+len(part)
	}
	rest := text[at:]
	return shown + fitMiddle(rest, min(w-used, width(rest)))
}

const (
	apartLeast  = 24 // below this width there is room for only two parts
	apartParts  = 4  // each part gets this share of the width
	apartBefore = 4  // bytes shown before a difference
)

// progressEvery is how often the progress of something long is drawn.
const progressEvery = 100 * time.Millisecond

// progressing is a dialog about something that takes long.
type progressing interface{ underWay() bool }

// watch schedules drawing the progress.
func (m *Model) watch(of progressing) tea.Cmd { return m.after(progressEvery, progressDue{of}) }

// progressDue says that there may be progress to draw.
type progressDue struct{ of progressing }

func (r progressDue) apply(m *Model) tea.Cmd {
	if !r.of.underWay() {
		return nil
	}
	return m.watch(r.of)
}

// progressLines show how many keys of all are done with.
func (m *Model) progressLines(what string, done, all int, in themes.Role, w int) []string {
	return []string{
		m.look.text.Paint(fit(what, w)),
		m.look.Bar(max(10, w-2), float64(done)/float64(max(1, all)), in, themes.Muted),
		m.look.muted.Paint(fit(fmt.Sprintf("%s of %s", grouped(done), plural(all, "key")), w)),
	}
}

// outcomes names the first keys of which something became nothing, and why.
func (m *Model) outcomes(list []kv.Outcome, w int) []string {
	var lines []string
	for _, o := range firstOf(list, planShown) {
		name, why := cleanName(o.Key), reason(o.Err)
		room := max(1, w-width("  : ")) // of which a long reason leaves half to the name
		name = fitLeft(name, min(width(name), max(room/2, room-width(why))))
		lines = append(lines, m.look.text.Paint(fit("  "+name+": "+why, w)))
	}
	return lines
}

// firstOf returns at most the first n elements.
func firstOf[T any](list []T, n int) []T { return list[:min(n, len(list))] }
