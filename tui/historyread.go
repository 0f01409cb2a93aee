package tui

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/history"
	"kvist/internal/journal"
	"kvist/kv"
)

const (
	// historyPause is how long after a change the newest versions are read again, so
	// that a key that changes all the time does not keep the servers busy.
	// Beyond that, it is read a part of the time only.
	historyPause = 150 * time.Millisecond
	historyShare = 4
	// historyNews is how many versions are read at once to find out what is new, and
	// historyMissed how many in all before the older ones are given up.
	historyNews   = 8
	historyMissed = 1000
	// historyBytes is how many bytes of values are read without being asked for.
	historyBytes = 64 << 20
	// historyRecords and historyRecordBytes bound what is shown of the journal.
	historyRecords     = 1000
	historyRecordBytes = 16 << 20
)

// reload has everything read again: the store may have compacted what it kept.
func (p *historyPane) reload() { p.stale, p.anew = p.key != "", true }

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
		return m.after(max(historyPause, historyShare*p.took), historyDue{p, p.gen})
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
	anew   bool // what was read before is dropped
	before uint64
	from   uint64 // the newest version that is known; 0 for none
	// deep is kv.VersionsOptions.Deep.
	deep    bool
	store   kv.Store
	key     string
	journal *journal.Journal // nil: it is not looked at
	grown   journal.Mark     // how far it had grown when its records were read
	known   bool             // they were read before
}

// ask reads a part of the history. It ends with the interest in it, since a deep
// one may take long.
func (p *historyPane) ask(m *Model, q historyQuestion) tea.Cmd {
	q.anew = p.anew && !q.older
	p.reading, p.stale, p.anew = true, p.stale && q.older, p.anew && q.older
	q.store, q.key, q.deep = m.store, p.key, p.deep && q.older
	if list := p.pages.Versions.Versions; len(list) > 0 {
		q.from = list[0].Index
	}
	if j := m.journal(); j != nil && !q.older {
		q.journal, q.grown, q.known, p.written = j, p.grown, p.read, j.Written()
	}
	ctx, cancel := context.WithCancel(m.ctx)
	p.cancel = cancel
	gen, now := p.gen, m.now
	return func() tea.Msg {
		defer cancel()
		began := time.Now()
		r := q.answer(ctx, now)
		r.pane, r.gen, r.question, r.took = p, gen, q, time.Since(began)
		return r
	}
}

// historyRead is what was read.
type historyRead struct {
	pane     *historyPane
	gen      int
	question historyQuestion
	took     time.Duration
	versions kv.Versions
	present  *history.Present
	records  []journal.Record
	recorded bool // the journal was read
	grown    journal.Mark
	answered bool // the store was read
	cut      bool // the journal has more
	err      error
}

// answer reads it: first the journal, so that the store has all that it says was
// written. Only a deep read may take longer than a request.
func (q historyQuestion) answer(ctx context.Context, now func() time.Time) historyRead {
	var r historyRead
	if q.journal != nil {
		r.err = r.readJournal(ctx, q)
	}
	h, ok := kv.As[kv.Historian](q.store)
	if ok {
		versions, err := q.versions(ctx, h)
		r.versions, r.answered, r.err = versions, err == nil, errors.Join(r.err, err)
		return r
	}
	s := readShown(ctx, q.store, q.key, now())
	if s.err != nil && !s.gone {
		r.err = errors.Join(r.err, s.err)
		return r
	}
	r.present = &history.Present{Pair: s.pair, Meta: s.meta}
	return r
}

// versions reads a page, or what is new since the newest version that is known: a
// version costs the servers a request.
func (q historyQuestion) versions(ctx context.Context, h kv.Historian) (kv.Versions, error) {
	o := kv.VersionsOptions{Before: q.before, Deep: q.deep}
	if q.older || q.anew || q.from == 0 {
		return h.Versions(ctx, q.key, o)
	}
	o.Limit = historyNews
	var news history.Pages
	for {
		v, err := h.Versions(ctx, q.key, o)
		if err != nil {
			return v, err
		}
		news.Older(v)
		if o.Before = news.Last(); !v.More || o.Before <= q.from || len(news.Versions.Versions) >= historyMissed {
			return news.Versions, nil
		}
	}
}

// readJournal reads the records of the key, if there are new ones of any.
func (r *historyRead) readJournal(ctx context.Context, q historyQuestion) (err error) {
	if r.grown, err = q.journal.Mark(); err != nil || q.known && r.grown == q.grown {
		return err
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
	r.recorded = err == nil
	return err
}

func (r historyRead) apply(m *Model) tea.Cmd {
	p := r.pane
	if r.gen != p.gen {
		return nil
	}
	p.reading, p.cancel, p.took = false, nil, r.took
	if errors.Is(r.err, context.Canceled) {
		return nil
	}
	p.read, p.err = true, r.err
	if r.recorded {
		p.records, p.cut, p.grown = r.records, r.cut, r.grown
	}
	switch {
	case r.present != nil:
		p.present = r.present
		m.known.keep(r.present.Pair)
	case !r.answered:
	case r.question.anew:
		p.pages = history.Pages{}
		p.pages.Newer(r.versions)
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
