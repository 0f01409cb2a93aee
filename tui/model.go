package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/changes"
	"kvist/internal/drafts"
	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

// Model is everything that the screen shows and that keys act on.
type Model struct {
	ctx      context.Context
	stop     context.CancelFunc // ends ctx
	store    kv.Store
	terms    kv.Terms // the store's own words
	opts     Options
	keys     *keymap.Keymap
	commands map[keymap.Action]command
	now      func() time.Time

	width, height int
	look          *look
	flag          nameInk // of the profile
	dark          bool    // whether the terminal's background is dark
	darkKnown     bool    // the terminal reported it
	neutral       bool    // the theme is one that suits both
	frame         frameCache

	feed      feedState
	observers observers // of the feed
	root      string    // what every key of the tree begins with: the opened prefix, or the folder around it
	prefixKey prefixKey
	fault     error  // what ended the program
	deed      string // what was being carried out when the program was left
	tree      *treePane
	value     *valuePane
	panes     []paneEntry // all of them, these two first
	known     knownValues
	log       *changes.Log // what the feed brought since the first listing
	focus     pane
	right     pane    // beside the tree; the editor covers it
	editor    *editor // nil when nothing is edited
	saving    []*edit // whose AtomicPut is under way
	mask      mask
	noUndo    map[string]bool // entries of the journal of which it was shown that nothing can be put back
	cut       string          // what was cut or copied in the editor last
	dialogs   []dialog
	dialogAt  rect // where the text of the topmost dialog was drawn; empty until then
	finder    finder
	walked    walker // what n and N go through; nil for the matches of a find
	jumps     jumps
	marking   marking
	restore   restoring // what was open at the last start
	grace     grace
	sequence  firstKey

	drafts     map[string]drafts.Draft // the drafts that are kept, by key
	bookmarks  map[string]bool         // the keys that have one
	draftQueue drafts.Queue
	health     healthState
	notice     notice
	asOf       *asOf     // what is shown is the past; nil in the explorer of now
	past       *Model    // the explorer of the past that is on the screen instead of this one; nil for none
	deck       *deck     // the tabs that this one is of; nil where there is only one explorer
	hidden     bool      // another tab is on the screen
	hiddenAt   time.Time // since when
	closed     bool      // its tab was closed
	seen       seenState // which revisions this session saw, and when
	permitted  bool      // the protected profile's name was typed
	joined     bool      // chains of single children are one row
	ticking    bool      // a tick is under way
	card       bool      // what to try first is shown
}

// NewModel returns the explorer of an open store. It reads nothing before Init.
func NewModel(ctx context.Context, store kv.Store, opts Options) *Model {
	if opts.Keymap == nil {
		opts.Keymap = keymap.Default()
	}
	if opts.Timeout <= 0 {
		opts.Timeout = 2 * kv.DefaultConnectionTimeout
	}
	if opts.Place != nil {
		opts.Prefix, opts.Address = opts.Place(store)
	}
	opts.Prefix = kv.Dir(store, opts.Prefix)
	m := &Model{
		ctx: ctx, store: store, terms: kv.TermsOf(store), opts: opts, keys: opts.Keymap, commands: newCommands(), now: time.Now,
		look: newLook(opts, opts.Theme, opts.Background != BackgroundLight), dark: opts.Background != BackgroundLight,
		root: opts.Prefix, tree: &treePane{tree: tree.New(opts.Prefix)},
		value: &valuePane{}, bookmarks: map[string]bool{}, joined: true, known: newKnownValues(), log: changes.NewLog(),
	}
	m.ctx, m.stop = untilCutOff(ctx)
	m.panes = newPanes(m.tree, m.value, m.log)
	m.focus, m.right = m.tree, m.value
	m.observe()
	m.tree.tree.JoinChains(true)
	m.card = opts.Card
	if opts.Note != "" {
		m.notice.say(m.now(), opts.Note)
	}
	return m
}

// observe has all parts that need it hear of the feed.
func (m *Model) observe() {
	m.observers = observers{}
	for _, p := range m.panes {
		if _, ofNow := p.pane.(presentPane); m.asOf == nil || !ofNow {
			m.observers.add(p.pane)
		}
	}
	m.observers.add(editWatch{})
	m.observers.add(&m.prefixKey)
	m.observers.add(&m.finder)
	m.observers.add(&m.health)
	m.observers.add(lateAnswers{})
	m.observers.add(&m.seen)
	m.observers.add(&m.restore)
	m.observers.add(sinceWatch{})
	m.observers.add(marksWatch{})
}

// Init starts the explorer and asks the terminal for its background.
func (m *Model) Init() tea.Cmd { return tea.Batch(append(m.begin(), m.askBackground())...) }

// begin starts the feed, and looks for what earlier runs left.
func (m *Model) begin() []tea.Cmd {
	if m.starting() {
		return []tea.Cmd{m.askStore("", "")}
	}
	return []tea.Cmd{m.openFeed(), m.keepUsed(), m.askHealth(), m.loadDrafts(), m.loadBookmarks(), m.loadOpened(), m.findCutOff()}
}

// top returns the surface that gets the keys.
func (m *Model) top() surface {
	if n := len(m.dialogs); n > 0 {
		return m.dialogs[n-1]
	}
	if m.focus == m.tree {
		return m.tree
	}
	return m.beside()
}

// open puts a dialog on top.
func (m *Model) open(d dialog) {
	m.dialogs = append(m.dialogs, d)
	m.dialogAt = rect{}
}

// close removes a dialog, wherever in the stack it is.
func (m *Model) close(d dialog) {
	for i, other := range m.dialogs {
		if other == d {
			m.dialogs = append(m.dialogs[:i], m.dialogs[i+1:]...)
			m.dialogAt = rect{}
			return
		}
	}
}

// timeout returns a context for one request to the store.
func (m *Model) timeout() (context.Context, context.CancelFunc) {
	return context.WithTimeout(m.ctx, m.opts.Timeout)
}
