package tui

import (
	"context"
	"errors"
	"math"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/history"
	"kvist/internal/journal"
	"kvist/kv"
)

const (
	// historyPause is how long after a change the newest versions are read again, so
	// that a key that changes all the time does not keep the servers busy.
	historyPause = 150 * time.Millisecond
	// historyBytes is how many bytes of values are read without being asked for.
	historyBytes = 64 << 20
	// historyRecords and historyRecordBytes bound what is shown of the journal.
	historyRecords     = 1000
	historyRecordBytes = 16 << 20
)

// reload has everything read again.
func (p *historyPane) reload() {
	p.stale = p.key != ""
	p.pages = history.Pages{}
	p.written = math.MaxUint64 // another kvist may have written
}

// follow reads what is missing, and prepares what is shown below the list.
func (p *historyPane) follow(m *Model) tea.Cmd {
	if p.key == "" || !m.visible(p) {
		return nil
	}
	return tea.Batch(p.followStore(m), p.followDetail())
}

// followStore reads the newest versions when there is something new, and older ones
// when the cursor comes near the end of those that are known.
func (p *historyPane) followStore(m *Model) tea.Cmd {
	if j := m.journal(); j != nil && p.read && j.Written() != p.written {
		p.stale = true
	}
	switch {
	case p.reading:
		return nil
	case !p.read:
		return p.ask(m, historyQuestion{})
	case p.stale && p.due:
		return nil
	case p.stale:
		p.due = true
		return m.after(historyPause, historyDue{p, p.gen})
	case p.err == nil && p.pages.More && p.pages.Bytes() < historyBytes && p.at+2*max(1, p.height) >= len(p.rows):
		return p.ask(m, historyQuestion{older: true, before: p.pages.Last()})
	}
	return nil
}

// historyDue says that it is time to read the newest versions again.
type historyDue struct {
	pane *historyPane
	gen  int
}

func (r historyDue) apply(m *Model) tea.Cmd {
	p := r.pane
	if r.gen != p.gen {
		return nil
	}
	p.due = false
	if p.reading || !m.visible(p) {
		return nil // follow comes back to it
	}
	return p.ask(m, historyQuestion{})
}

// furthers reports whether the store can be asked for more than was read.
func (p *historyPane) furthers() bool {
	return p.keeps && !p.reading && (p.pages.Unread != 0 || p.pages.More || p.err != nil)
}

// deeper reads further back than the store does by itself, or than this pane reads
// without being asked.
func (p *historyPane) deeper(m *Model) tea.Cmd {
	if !p.furthers() {
		m.notice.warn(m.now(), "there is nothing further to read")
		return nil
	}
	p.deep, p.err = p.deep || p.pages.Unread != 0, nil
	if !p.pages.Read() {
		return p.ask(m, historyQuestion{})
	}
	return p.ask(m, historyQuestion{older: true, before: p.pages.Last()})
}

// historyQuestion is what is read of a key.
type historyQuestion struct {
	older  bool // the versions before an index, rather than the newest
	before uint64
	// deep is kv.VersionsOptions.Deep.
	deep    bool
	store   kv.Store
	key     string
	journal *journal.Journal // nil: the records are known
}

// ask reads a part of the history. It ends with the interest in it, since a deep
// one may take long.
func (p *historyPane) ask(m *Model, q historyQuestion) tea.Cmd {
	p.reading, p.stale = true, p.stale && q.older
	q.store, q.key, q.deep = m.store, p.key, p.deep && q.older
	if j := m.journal(); j != nil && !q.older && (!p.read || j.Written() != p.written) {
		q.journal, p.written = j, j.Written()
	}
	ctx, cancel := context.WithCancel(m.ctx)
	p.cancel = cancel
	gen, now := p.gen, m.now
	return func() tea.Msg {
		defer cancel()
		r := q.answer(ctx, now)
		r.pane, r.gen, r.question = p, gen, q
		return r
	}
}

// historyRead is what was read.
type historyRead struct {
	pane     *historyPane
	gen      int
	question historyQuestion
	versions kv.Versions
	present  *history.Present
	records  []journal.Record
	cut      bool // the journal has more
	err      error
}

// answer reads it. Only a deep read may take longer than a request.
func (q historyQuestion) answer(ctx context.Context, now func() time.Time) historyRead {
	var r historyRead
	if h, ok := kv.As[kv.Historian](q.store); ok {
		r.versions, r.err = h.Versions(ctx, q.key, kv.VersionsOptions{Before: q.before, Deep: q.deep})
	} else {
		s := readShown(ctx, q.store, q.key, now())
		r.present = &history.Present{Pair: s.pair, Meta: s.meta}
		if s.err != nil && !s.gone {
			r.present, r.err = nil, s.err
		}
	}
	if q.journal == nil {
		return r
	}
	bytes := 0
	foreign, err := q.journal.OfKey(ctx, q.key, func(record journal.Record) bool {
		bytes += len(valueOf(record.Before)) + len(valueOf(record.After))
		r.cut = len(r.records) == historyRecords || bytes > historyRecordBytes
		if !r.cut {
			r.records = append(r.records, record)
		}
		return !r.cut
	})
	r.cut = r.cut || foreign > 0
	r.err = errors.Join(r.err, err)
	return r
}

func (r historyRead) apply(m *Model) tea.Cmd {
	p := r.pane
	if r.gen != p.gen {
		return nil
	}
	p.reading, p.cancel = false, nil
	if errors.Is(r.err, context.Canceled) {
		return nil
	}
	p.read, p.err = true, r.err
	if r.question.journal != nil {
		p.records, p.cut = r.records, r.cut
	}
	switch {
	case r.present != nil:
		p.present = r.present
		m.known.keep(r.present.Pair)
	case r.err != nil:
	case r.question.older:
		p.pages.Older(r.versions)
	default:
		p.pages.Newer(r.versions)
	}
	p.arrange(m)
	return nil
}

// arrange puts everything together that is known. The cursor stays on its row, and
// a list that was scrolled stands still.
func (p *historyPane) arrange(m *Model) {
	known := history.Known{
		Present: p.present, Journal: p.records, Changes: m.log.Of(p.key),
		Value: func(index uint64) ([]byte, bool) { return m.known.Get(valueID{p.key, index}) },
	}
	if p.keeps {
		known.Pages = &p.pages
	}
	p.rows = history.Rows(known)
	to := p.at
	for i := range p.rows {
		if p.rows[i].ID.Is(p.on) {
			to = i
			break
		}
	}
	if p.top > 0 { // at the top, what is new comes into sight
		p.top += to - p.at
	}
	p.at = to
	p.to(to)
}
