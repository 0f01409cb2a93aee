package kv

import (
	"context"
	"errors"
	"strings"
	"sync"

	"kvist/kv/internal/wait"
)

// levelSource reads what levels needs from a store.
type levelSource interface {
	// readLevel calls see with the entries right in a directory, as of one
	// moment, and returns its index: every change up to index is in the
	// entries. The moment is at if the store can read the past; 0 is now. If
	// see returns errLevelCut, next is where it stopped, if the entries come
	// in the order of their keys: no key from next on was seen.
	readLevel(ctx context.Context, dir string, at uint64, see func([]levelEntry) error) (index uint64, next string, err error)
	// someIn reports whether there is a key below a directory in which deleted
	// was deleted, and the index of the moment when that was true.
	someIn(ctx context.Context, dir, deleted string) (some bool, index uint64, err error)
}

// levelEntry is an entry right in a directory.
type levelEntry struct {
	Event
	folder   bool // there are, or may be, keys below it
	key      bool // it is a key, and the event is its put
	remarked bool // it was reported before, with other marks
}

// levelChange is a change anywhere below the prefix.
type levelChange struct {
	Event
	created bool // the key was not there before
	folder  bool // the key is a directory, which is created empty or deleted with its contents
	mark    bool // only the key's marks changed; Index is not that of this change
}

// levels follows the open folders of a subtree that is too large to be
// followed whole. The store must report all changes of the subtree in one
// order. The level of each open folder is read once, and changes in it are
// passed on. Of changes elsewhere, only those that make a folder come or go
// are reported.
//
// Two goroutines use it: one lists and applies changes, and the other is run.
type levels struct {
	source levelSource
	pump   *pump
	scope  *scope
	dir    string // the directory of the prefix
	most   int64  // bytes that the known keys may take
	total  int    // keys below the prefix, if they were counted; otherwise 0
	// standing means that folders are entries of their own, which stay when
	// they are empty.
	standing bool
	fail     func(error) error // returns an error about a level as one of the store

	mu       sync.Mutex
	open     map[string]*level
	doubted  map[string]string // by the directory of a closed folder: the key in it that was deleted last
	doubts   chan struct{}     // has an element if doubted is not empty
	used     int64             // bytes that the known keys take
	grown    int64             // the part of used that changes have added since the listing
	relist   bool              // a new listing is necessary
	listing  bool
	left     int // open folders that are not followed
	reported string
	reading  sync.WaitGroup
}

// level is the entries right in an open folder.
type level struct {
	dir     string
	at      uint64 // every change up to this index is in what was reported
	done    bool   // it was read
	keys    int
	folders map[string]levelFolder // by name
	late    []levelChange          // changes while it was read
	cost    int64
	cut     bool   // some of it was not reported
	next    string // no key from here on was reported; "" if that is unknown
	err     error  // why it could not be read
}

// levelFolder is what is known of a folder in a level.
type levelFolder struct {
	put   uint64 // index of the last known put below it
	shown bool   // it was reported that there are keys below it
}

const (
	// levelsMost bounds the levels that are followed.
	levelsMost = 1000
	// levelLeast is how many entries of a level are reported however much
	// memory the others take.
	levelLeast = 256
	// levelLate bounds the changes that are kept while a level is read. If
	// there are more, it is read again.
	levelLate = 1 << 16
)

var (
	errLevelCut    = errors.New("there is no more room for this level")
	errLevelClosed = errors.New("the folder was closed")
	errLevelAgain  = errors.New("too much changed while the level was read")
)

func newLevels(source levelSource, p *pump, s *scope, dir string, most int64) *levels {
	return &levels{
		source: source, pump: p, scope: s, dir: dir, most: most,
		open: map[string]*level{}, doubted: map[string]string{}, doubts: make(chan struct{}, 1),
		fail: func(err error) error { return err },
	}
}

// list makes a listing of the open folders, and returns the index after which
// changes must be applied.
func (l *levels) list(ctx context.Context, missed Missed) (uint64, error) {
	l.mu.Lock()
	l.listing = true
	l.open, l.doubted = map[string]*level{}, map[string]string{}
	l.used, l.grown, l.relist = 0, 0, false
	l.mu.Unlock()
	l.pump.startListing(missed)
	dirs, left := l.scope.dirs(l.dir, levelsMost)
	l.reached(left)
	root := l.enter(l.dir)
	if err := l.read(ctx, root, 0); err != nil {
		return 0, err
	}
	at := root.at
	for _, dir := range dirs[1:] {
		if v := l.enter(dir); v != nil {
			if err := l.readOrMark(ctx, v, at); err != nil {
				return 0, err
			}
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listing = false
	unseen := l.unseen()
	l.reported = errText(unseen)
	l.pump.endListing(unseen)
	wait.Signal(l.scope.changed) // other folders may be open by now
	return at, nil
}

// run reads the levels of folders that are opened, forgets those of folders
// that are closed, and finds out which closed folders are gone, until ctx
// ends.
func (l *levels) run(ctx context.Context) {
	defer l.reading.Wait()
	var pause wait.Backoff
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-l.scope.changed:
			l.rescope(ctx)
			continue
		case <-l.doubts:
			err = recovered(func() error { return l.settleDoubts(ctx) })
		}
		if err == nil {
			pause.Reset()
		}
		if pause.Wait(ctx) != nil { // also after a success: one request serves many deletions
			return
		}
	}
}

// reached reports how much is followed. l.mu must not be held.
func (l *levels) reached(left int) {
	l.mu.Lock()
	l.left = left
	l.mu.Unlock()
	l.pump.reaches(reach{partial: true, memory: l.most, total: l.total})
}

// rescope follows the folders that are open now, and no others.
func (l *levels) rescope(ctx context.Context) {
	dirs, left := l.scope.dirs(l.dir, levelsMost)
	l.reached(left)
	wanted := map[string]bool{}
	for _, dir := range dirs {
		wanted[dir] = true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listing || l.open[l.dir] == nil {
		return // the end of the listing signals again
	}
	for dir := range l.open {
		if !wanted[dir] && wanted[parentDir(dir)] {
			l.close(dir)
		}
	}
	for _, dir := range dirs[1:] {
		if v := l.enterLocked(dir); v != nil {
			l.reading.Go(func() { untilEnded(ctx, func() { l.readUntilDone(ctx, v) }) })
		}
	}
	l.reportUnseen()
}

// close forgets an open folder and the open folders below it.
func (l *levels) close(dir string) {
	l.drop(dir)
	parent := l.open[parentDir(dir)]
	name := levelName(parent, dir)
	if f, there := parent.folders[name]; there {
		f.shown = true
		parent.folders[name] = f
		l.pump.reveal(Event{Kind: FolderEvent, Key: strings.TrimSuffix(dir, "/"), Size: -1, Old: true})
	}
}

// drop forgets a level and those below it.
func (l *levels) drop(dir string) {
	for other, v := range l.open {
		if strings.HasPrefix(other, dir) {
			l.used -= v.cost
			delete(l.open, other)
		}
	}
}

// levelName returns the name of a directory in the level that holds it.
func levelName(parent *level, dir string) string {
	return strings.TrimSuffix(dir[len(parent.dir):], "/")
}

// enter begins to follow a level. It returns nil if there is no such folder,
// or if it is followed already.
func (l *levels) enter(dir string) *level {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.enterLocked(dir)
}

func (l *levels) enterLocked(dir string) *level {
	if l.open[dir] != nil {
		return nil
	}
	if dir != l.dir {
		parent := l.open[parentDir(dir)]
		if parent == nil || !parent.done {
			return nil // the end of its reading signals again
		}
		if _, there := parent.folders[levelName(parent, dir)]; !there {
			return nil
		}
	}
	v := &level{dir: dir, folders: map[string]levelFolder{}}
	l.open[dir] = v
	return v
}

// isTooLarge reports whether changes have made the known keys take too much
// memory, so that a new listing must leave some out.
func (l *levels) isTooLarge() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.relist || l.used > l.most && l.grown > l.most/8+levelLeast*segmentCost
}

// startOver makes a new listing necessary: all keys vanished at once.
func (l *levels) startOver() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.relist = true
}

// regained reports that contact is back and nothing was missed.
func (l *levels) regained() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pump.lost(Live, l.fail(l.unseen()))
}
