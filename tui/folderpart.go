package tui

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/changes"
	"kvist/kv"
	"kvist/tui/tree"
)

// folderPart is what the value pane shows of a folder: its children, its newest
// changes, and what is locked below. It costs what is in sight, however much is below:
// children and changes are known, and locks are looked for beside the update loop, only
// in folders of few keys, and only once the cursor rests.
type folderPart struct {
	key   string // of the folder; "" shows none
	line  int    // of the pane, where the children begin
	rows  []tree.Row
	all   int  // children
	more  int  // of them without a line
	bare  bool // a folder of which nothing is known
	logAt logAt
	// newest are the latest changes below, and at says when something in a child
	// changed.
	newest []changes.Change
	at     map[string]time.Time
	locks  folderLocks
	room   struct{ changes, locks int } // lines, with their headings
}

// logAt is what changes were looked up of.
type logAt struct {
	folder  string
	version int
}

const (
	// folderChanges and folderLocksShown are the most changes and locks that are
	// shown beside the children.
	folderChanges    = 5
	folderLocksShown = 3
	// folderLocksMost is the most keys of a folder in which locks are looked for.
	folderLocksMost = 1000
	// restsFor is how long the cursor rests before that, and lookEvery how often it
	// is done again while something below changes.
	restsFor  = 300 * time.Millisecond
	lookEvery = 5 * time.Second
	// folderLocksWait is how long a store may look for locks.
	folderLocksWait = 3 * time.Second
	// folderLeast is the fewest lines in which more than children is shown.
	folderLeast = 7
	// folderWidth is the most cells of its lines: what belongs together stays near.
	folderWidth = 72
)

// lay takes what there is to show of a folder in h lines, from a line of the pane on.
func (f *folderPart) lay(m *Model, key string, line, h int) {
	f.key, f.line, f.more, f.room.changes, f.room.locks = key, line, 0, 0, 0
	if h <= 0 {
		f.rows, f.all, f.bare = nil, 0, false
		return
	}
	f.lookUpChanges(m)
	f.rows, f.all = m.tree.tree.Children(key, h)
	f.bare = f.all == 0
	h = f.leaveRoom(m, h)
	if f.all > h {
		f.rows = f.rows[:min(len(f.rows), max(0, h-1))]
		f.more = f.all - len(f.rows)
	}
}

// lookUpChanges finds the newest changes below, if there are others than before. Of the
// past, the changes of this session say nothing.
func (f *folderPart) lookUpChanges(m *Model) {
	if m.asOf != nil {
		f.newest, f.at = nil, nil
		return
	}
	if at := (logAt{f.key, m.log.Version()}); f.logAt != at {
		f.logAt = at
		f.newest, f.at = m.log.Below(f.key, folderChanges)
	}
}

// leaveRoom divides h lines among children, changes and locks. It returns the lines of
// the children, who get at least half.
func (f *folderPart) leaveRoom(m *Model, h int) int {
	if h < folderLeast {
		return h
	}
	rest := max(h-max(f.all, 1), h/2)
	if n := len(f.lockLines(m)); n > 0 && rest > 1 {
		f.room.locks = min(1+n, rest)
		rest -= f.room.locks
	}
	if n := len(f.newest); n > 0 && rest > 1 {
		f.room.changes = min(1+n, rest)
	}
	return h - f.room.locks - f.room.changes
}

// folderLocks are the locks below a folder.
type folderLocks struct {
	of      string // the folder
	found   []kv.LockInfo
	err     error
	read    time.Time // when it was looked for them; zero until then
	loading string    // the folder in which it is looked now; "" for none
	due     bool      // it will be looked soon
	wanted  bool      // something changed since
}

// follow looks for the locks below the folder on the screen.
func (f *folderPart) follow(m *Model, key string) tea.Cmd {
	l := &f.locks
	if l.of != key {
		*l = folderLocks{of: key, wanted: l.loading != key, due: l.due, loading: l.loading}
	}
	if !l.wanted || l.due || l.loading != "" || m.feed.state != kv.Live || !m.looksForLocks(key) {
		return nil
	}
	l.due = true
	pause := restsFor
	if !l.read.IsZero() {
		pause = max(pause, lookEvery-m.now().Sub(l.read))
	}
	return m.after(pause, folderRests{f, key})
}

// looksForLocks reports whether it is looked for locks below a folder by itself.
func (m *Model) looksForLocks(folder string) bool {
	n, _ := m.tree.tree.Count(folder)
	_, able := kv.As[kv.LockInspector](m.store)
	return able && n > 0 && n <= folderLocksMost && m.visible(m.value)
}

// folderRests says that the cursor has been on a folder for a while.
type folderRests struct {
	part *folderPart
	key  string
}

func (r folderRests) apply(m *Model) tea.Cmd {
	l := &r.part.locks
	l.due = false
	if l.of != r.key || l.loading != "" || !m.looksForLocks(r.key) {
		return nil // the cursor has moved on
	}
	l.loading, l.wanted = r.key, false
	inspector, _ := kv.As[kv.LockInspector](m.store)
	ctx, store, now := m.ctx, m.store, m.now
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, folderLocksWait)
		defer cancel()
		locks, err := inspector.Locks(ctx, kv.Dir(store, r.key))
		return folderLooked{r.part, r.key, locks, err, now()}
	}
}

// folderLooked is the result of looking for locks.
type folderLooked struct {
	part  *folderPart
	key   string
	locks []kv.LockInfo
	err   error
	at    time.Time
}

func (r folderLooked) apply(*Model) tea.Cmd {
	l := &r.part.locks
	l.loading = ""
	if l.of != r.key {
		return nil
	}
	l.read, l.err = r.at, r.err
	if r.err == nil || errors.Is(r.err, kv.ErrIncomplete) {
		l.found = r.locks
	}
	return nil
}

// changed notes that something changed, which may be a lock below the folder.
func (f *folderPart) changed(key string) {
	if strings.HasPrefix(key, f.locks.of) && f.locks.of != "" {
		f.locks.wanted = true
	}
}

// wakes returns how long the ages that are shown stay true.
func (f *folderPart) wakes(m *Model) time.Duration {
	pause := time.Duration(0)
	now := m.now()
	for _, row := range f.rows {
		if at, ok := f.at[row.Name]; ok {
			pause = sooner(pause, ageStep(now.Sub(at)))
		}
	}
	for i := range min(len(f.newest), max(0, f.room.changes-1)) {
		pause = sooner(pause, ageStep(now.Sub(f.newest[i].At)))
	}
	return pause
}

// click goes to the child in a line of the pane.
func (f *folderPart) click(m *Model, line int) {
	if i := line - f.line; f.key != "" && i >= 0 && i < len(f.rows) && !f.rows[i].Ghost {
		m.goToKey(f.rows[i].Key)
	}
}
