package tui

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/compare/live"
	"kvist/internal/explain"
	"kvist/internal/moments"
	"kvist/internal/transfer"
	"kvist/kv"
	"kvist/tui/tree"
)

// comparePrompt asks what to compare with.
type comparePrompt struct {
	transferPrompt
	pane *comparePane
	said string          // names the marks; "" without any
	only map[string]bool // the marks, by their keys; true for folders
}

// ask asks what to compare the folder or key under the cursor with. Another key
// turns to everything below the opened prefix.
func (p *comparePane) ask(m *Model) tea.Cmd {
	if m.marksCount() {
		return p.askMarked(m)
	}
	row, ok := m.subject()
	if ok && row.Ghost {
		m.notice.warn(m.now(), "it is gone already")
		return nil
	}
	q := &comparePrompt{pane: p}
	q.from, q.folder = m.opts.Prefix, true
	if ok {
		q.from, q.folder = row.Key, row.IsFolder
	}
	q.step = func(m *Model, _ bool) tea.Cmd {
		if q.from, q.folder = m.opts.Prefix, true; ok && strings.HasPrefix(q.title, "Compare everything") {
			q.from, q.folder = row.Key, row.IsFolder
		}
		q.named(m)
		return nil
	}
	return q.open(m)
}

// open opens the prompt with the name of what is compared, to be edited.
func (q *comparePrompt) open(m *Model) tea.Cmd {
	q.base = m.root
	q.prompt.done, q.prompt.change = q.accept, q.describe
	q.turn = func() { q.complete(m) }
	text := strings.TrimSuffix(strings.TrimPrefix(q.from, m.root), "/")
	cmd := m.openPrompt(&q.prompt, text)
	q.named(m)
	q.describe(m, text)
	return cmd
}

// compareMarks is the most marks that are compared: they are looked at while the
// prompt is opened.
const compareMarks = 10_000

// askMarked asks what to compare the marks with. They are compared within the folder
// that has all of them.
func (p *comparePane) askMarked(m *Model) tea.Cmd {
	cmd, settled := m.settleMarks()
	t, ok := m.targets()
	if !settled || !ok {
		return cmd
	}
	q := &comparePrompt{pane: p, said: t.words(), only: map[string]bool{}}
	q.folder = true
	for mark := range t.all() {
		if len(q.only) == compareMarks {
			m.notice.warn(m.now(), "more than "+plural(compareMarks, "mark")+": mark folders instead of the keys in them")
			return cmd
		}
		dir := dirOf(mark.Key)
		if len(q.only) == 0 {
			q.from = dir
		}
		for q.from != "" && !strings.HasPrefix(dir, q.from) {
			q.from = dirOf(strings.TrimSuffix(q.from, "/"))
		}
		q.only[mark.Key] = mark.folder
	}
	if !strings.HasPrefix(q.from, m.opts.Prefix) {
		q.from = m.opts.Prefix
	}
	return tea.Batch(cmd, q.open(m))
}

// named says what is compared.
func (q *comparePrompt) named(m *Model) {
	q.title = "Compare " + cleanName(q.from) + " with"
	switch {
	case q.only != nil:
		q.title = "Compare " + q.said + " in " + cleanName(q.from) + " with"
	case q.from == m.opts.Prefix:
		q.title = strings.TrimSuffix("Compare everything in "+cleanName(q.from), " in ") + " with"
	}
}

// describe says what the text means.
func (q *comparePrompt) describe(m *Model, text string) tea.Cmd {
	asked, fault := q.meaning(m, text)
	q.fixed = ""
	switch {
	case fault != "" && fault != sameCompared:
		q.hint = fault
	case asked.rev != 0:
		q.hint = "itself, as it was at revision " + strconv.FormatUint(asked.rev, 10)
	case asked.file != "" && !asked.maybe:
		q.hint = "a file that kvist export wrote"
	case asked.to.key == "" && fault == "":
		q.hint = "in another store"
		if asked.last != "" {
			q.hint += ", as " + cleanName(asked.last)
		}
	default:
		q.fixed = cleanName(q.base)
		if asked.maybe && m.knowsAll() {
			q.hint = noSuchPlace(asked) + "; if a file has that name, it is compared with"
			break
		}
		q.hint = "tab completes folders; file:NAME is an export"
		if m.opts.Elsewhere.Open != nil {
			q.hint += "; PROFILE: or an address is another store"
		}
		if _, ok := m.historian(); ok {
			q.hint += "; rev:N or 5m ago is its past"
		}
	}
	return nil
}

// meaning returns what a text asks for, or why it means nothing.
func (q *comparePrompt) meaning(m *Model, text string) (asked compareAsked, fault string) {
	asked = compareAsked{from: q.from, folder: q.folder, text: text, only: q.only, said: q.said}
	to, away := q.elsewhere(m, text)
	name, file := strings.CutPrefix(text, "file:")
	switch {
	case away:
		asked.to = to
		switch asked.to.name = withoutSlash(to.name); {
		case to.profile != "" && to.name == "": // the same below that profile's prefix
			asked.last = strings.Trim(strings.TrimPrefix(q.from, m.opts.Prefix), "/")
		case to.profile == "" && bareAddress(to.name):
			asked.last = strings.Trim(q.from, "/")
		}
		return asked, ""
	case file, strings.HasPrefix(text, "./"), strings.HasPrefix(text, "../"), strings.HasPrefix(text, "~/"):
		asked.file = name
		return asked, ""
	}
	if asked.rev, fault = q.revision(m, text); asked.rev != 0 || fault != "" {
		return asked, fault
	}
	if fault = q.noStore(m, text); fault != "" {
		return asked, fault
	}
	asked.to.key = strings.TrimSuffix(kv.KeyIn(m.store, q.base, text), "/")
	_, isKey := m.tree.tree.Lookup(asked.to.key)
	_, isFolder := m.tree.tree.Count(asked.to.key)
	if asked.maybe = !isKey && !isFolder && text != ""; asked.maybe {
		asked.file = text
	}
	if asked.to.key == strings.TrimSuffix(q.from, "/") && m.asOf == nil {
		return asked, sameCompared
	}
	return asked, ""
}

// sameCompared says that both places are the same.
const sameCompared = "That is what is compared: type another name."

// bareAddress reports whether an address names no key.
func bareAddress(name string) bool {
	_, rest, _ := strings.Cut(name, "://")
	return !strings.Contains(strings.TrimSuffix(rest, "/"), "/")
}

// withoutSlash returns a name without the slash at its end. That of an address
// without a key stays.
func withoutSlash(name string) string {
	if strings.Contains(name, "://") && bareAddress(name) {
		return name
	}
	return strings.TrimSuffix(name, "/")
}

// revision returns the revision that a text names; 0 if it names none.
func (q *comparePrompt) revision(m *Model, text string) (revision uint64, fault string) {
	wish, said := strings.CutPrefix(text, "rev:")
	for _, word := range []string{"revision ", "rev "} {
		if rest, ok := strings.CutPrefix(text, word); ok {
			wish, said = rest, true
		}
	}
	if said || strings.HasSuffix(text, " ago") {
		return q.momentOf(m, strings.TrimSpace(wish))
	}
	return 0, ""
}

// momentOf returns the revision of a moment.
func (q *comparePrompt) momentOf(m *Model, text string) (revision uint64, fault string) {
	if _, ok := m.historian(); !ok {
		return 0, kv.NatureOf(m.store).Name + " keeps no former states."
	}
	wish, err := moments.Parse(text, m.now())
	switch {
	case err != nil:
	case wish.Revision > 0:
		return wish.Revision, ""
	case wish.Back > 0 || wish.Now:
		return 0, "Type a revision, or a time such as 5m ago."
	default:
		if revision, err = m.present().seen.At(wish.At, m.now()); err == nil {
			return revision, ""
		}
	}
	return 0, explain.Sentence(err.Error()) + "."
}

// noSuchPlace says that there is no key where something is to be compared with.
func noSuchPlace(asked compareAsked) string { return "there is no key in " + cleanName(asked.to.key) }

// accept begins the comparison, or says what is wrong with the text.
func (q *comparePrompt) accept(m *Model, text string) tea.Cmd {
	asked, fault := q.meaning(m, text)
	if q.fault = fault; fault != "" {
		return nil
	}
	if asked.file != "" && !asked.maybe {
		q.fault = "looking for the file…"
		return func() tea.Msg {
			_, err := os.Stat(homed(asked.file))
			return exportLooked{q, asked, err}
		}
	}
	return q.begin(m, asked)
}

// begin begins the comparison and leads to it.
func (q *comparePrompt) begin(m *Model, asked compareAsked) tea.Cmd {
	cmd := q.pane.start(m, asked)
	return tea.Batch(cmd, m.focusOn(q.pane))
}

// exportLooked is whether a file is there that something is to be compared with. The
// prompt waits for it, so that a wrong name can be mended.
type exportLooked struct {
	prompt *comparePrompt
	asked  compareAsked
	err    error
}

func (r exportLooked) apply(m *Model) tea.Cmd {
	q := r.prompt
	if !slices.Contains(m.dialogs, dialog(&q.prompt)) || q.input.text() != r.asked.text {
		q.fault = ""
		return nil // it was cancelled, or goes on
	}
	if r.err != nil {
		q.fault = explain.Error(r.err)
		return nil
	}
	m.close(&q.prompt)
	return q.begin(m, r.asked)
}

// start begins a comparison in place of the last one.
func (p *comparePane) start(m *Model, asked compareAsked) tea.Cmd {
	closing := p.finish()
	asked.below = !strings.HasPrefix(strings.TrimSuffix(asked.from, "/"), strings.TrimSuffix(m.root, "/")+"/") && m.root != ""
	p.asked, p.live, p.err, p.stale, p.stopped, p.working, p.begun = asked, nil, nil, false, false, false, false
	p.detail, p.query = compareDetail{gen: p.detail.gen + 1}, nil
	p.gen++
	p.ctx, p.end = context.WithCancel(m.ctx)
	here := &compareSide{words: cleanName(strings.TrimSuffix(asked.from, "/")) + m.asOf.title(), place: transfer.Place{Store: m.store, Prefix: asked.from}}
	if here.words == "" {
		here.words = "everything here"
	}
	if asked.said != "" {
		here.words = asked.said + " in " + here.words
	}
	there := &compareSide{words: clean(asked.text)}
	p.sides = [2]*compareSide{here, there}
	return tea.Batch(closing, p.open(m, 0, asked), p.open(m, 1, asked))
}

// finish ends what the comparison has started.
func (p *comparePane) finish() tea.Cmd {
	if p.end == nil {
		return nil
	}
	p.end()
	p.gen++
	sides := p.sides
	return func() tea.Msg {
		for _, s := range sides {
			if s != nil {
				s.close()
			}
		}
		return nil
	}
}

// open opens a side, unless its keys are in the tree already.
func (p *comparePane) open(m *Model, side int, asked compareAsked) tea.Cmd {
	s := &compareSide{words: p.sides[side].words, place: p.sides[side].place}
	q := compareQuestion{asked: asked, pane: p, gen: p.gen, side: side, elsewhere: m.opts.Elsewhere, home: m.present()}
	switch {
	case side == 0:
		s.site = &transfer.Site{Place: s.place, Same: true, ReadOnly: m.opts.ReadOnly, Masked: m.opts.Masked}
		if m.asOf != nil {
			s.still = strings.TrimPrefix(m.asOf.title(), ", ")
		}
	case asked.rev == 0 && asked.to.key != "":
		s.site = q.home.site(asked.to.key)
		s.place, s.words = s.site.Place, cleanName(asked.to.key)
	}
	if s.site != nil && (asked.file == "" || side == 0) {
		s.placed(&asked)
		if s.place.Store == m.store && !m.feed.partial && strings.HasPrefix(s.dir, m.root) {
			s.shared, s.keys = true, m.tree.tree
			return func() tea.Msg { return compareOpened{pane: p, gen: q.gen, side: side, opened: s} }
		}
	}
	if h, ok := m.historian(); ok {
		q.historian = h
	}
	ctx := p.ctx
	return func() tea.Msg {
		r := compareOpened{pane: p, gen: q.gen, side: side, opened: s}
		if r.err = q.open(ctx, s); r.err != nil || ctx.Err() != nil {
			s.close()
		}
		return r
	}
}

// site returns a place of the explorer's own store.
func (m *Model) site(key string) *transfer.Site {
	return &transfer.Site{
		Place: transfer.Place{Store: m.store, Prefix: key, Title: cleanName(key)}, Same: true,
		Profile: m.opts.Profile, ReadOnly: m.opts.ReadOnly, Protected: m.opts.Protected, Masked: m.opts.Masked,
	}
}

// compareQuestion opens a side beside the update loop.
type compareQuestion struct {
	asked     compareAsked
	pane      *comparePane
	gen, side int
	elsewhere Elsewhere
	historian kv.Historian
	home      *Model // of which only the store and the options are used
}

// open opens the side and begins to follow it.
func (q *compareQuestion) open(ctx context.Context, s *compareSide) error {
	if err := q.reach(ctx, s); err != nil || s.source != nil {
		return err
	}
	s.placed(&q.asked)
	return s.follow(ctx)
}

// reach opens the store or the file of a side.
func (q *compareQuestion) reach(ctx context.Context, s *compareSide) error {
	a := &q.asked
	switch {
	case q.side == 0:
		return nil
	case a.rev != 0:
		store, err := q.historian.At(ctx, a.rev)
		if err != nil {
			return err
		}
		s.site = &transfer.Site{Place: transfer.Place{Store: store, Prefix: a.from}, Same: true, ReadOnly: true, Close: store.Close}
		s.still = "revision " + strconv.FormatUint(a.rev, 10)
		s.words = cleanName(a.from) + " at " + s.still
	case a.file != "":
		err := q.file(ctx, s)
		if !a.maybe || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	case s.site == nil:
		site, err := q.elsewhere.Open(ctx, a.to.profile, a.to.name, a.last)
		if err != nil {
			return err
		}
		s.site, s.words = site, clean(site.Title)
	}
	s.place = s.site.Place
	return nil
}

// file reads the keys of a file.
func (q *compareQuestion) file(ctx context.Context, s *compareSide) error {
	name := homed(q.asked.file)
	if _, err := os.Stat(name); err != nil {
		return err
	}
	source, err := readExport(ctx, name)
	if err != nil {
		return err
	}
	s.words, s.source, s.site, s.still = clean(q.asked.file), source, nil, "a file"
	s.own, s.dir = compareFileKey, compareFileKey+"/"
	s.keys = tree.New("")
	_, err = source.Read(ctx, func(items []transfer.Item) error {
		for i := range items {
			it := &items[i]
			if it.Err != nil {
				return it.Err
			}
			s.versions = append(s.versions, it.Version)
			if it.Name.Own && q.asked.below {
				continue
			}
			key := s.own
			if !it.Name.Own {
				key = s.dir + it.Name.Rel
			}
			e := tree.Entry{Key: key, Index: uint64(len(s.versions)), Size: len(it.Node.Value)}
			if it.Node.Type == kv.DirectoryNode {
				e.Flags = uint8(kv.Directory)
			}
			s.keys.Put(e, s.since)
		}
		return ctx.Err()
	})
	s.ready, s.state = true, kv.Live
	return err
}

// compareFileKey stands for the place that a file was exported from.
const compareFileKey = "."

// compareOpened is a side that is open.
type compareOpened struct {
	pane   *comparePane
	gen    int
	side   int
	opened *compareSide
	err    error
}

func (r compareOpened) apply(m *Model) tea.Cmd {
	p := r.pane
	switch {
	case r.gen != p.gen:
		return func() tea.Msg { r.opened.close(); return nil }
	case r.err != nil:
		p.err = r.err
		return p.fail()
	}
	p.sides[r.side] = r.opened
	if site := r.opened.site; site != nil && len(site.Warnings) > 0 {
		m.notice.warn(m.now(), clean(strings.Join(site.Warnings, "; ")))
	}
	cmd := tea.Batch(p.pullFrom(r.side, 0), p.watchOwn(r.side))
	if p.sides[0].keys == nil || p.sides[1].keys == nil {
		return cmd // the other one is not open yet
	}
	p.live = live.New(p.sides[0].side(), p.sides[1].side(), live.Settings{
		Title: p.rootName(), OneStore: p.sides[1].site != nil && p.sides[1].site.Same, Ignore: p.ignores(),
	})
	p.rows = treePane{tree: p.live.Tree(), height: p.rows.height}
	if there := p.sides[1]; p.asked.maybe && there.source == nil && there.keys.Keys() == 0 && m.knowsAll() {
		m.notice.warn(m.now(), noSuchPlace(p.asked))
	}
	return cmd
}

// fail ends a comparison that cannot go on; why stays on the screen.
func (p *comparePane) fail() tea.Cmd {
	err, cmd := p.err, p.finish()
	p.err, p.live = err, nil
	return cmd
}

// rootName is the row for the place itself: the last part of its name.
func (p *comparePane) rootName() string {
	name := strings.TrimSuffix(p.asked.from, "/")
	if name = name[strings.LastIndexByte(name, '/')+1:]; name == "" {
		return compareFileKey
	}
	return name
}
