package kv

import (
	"context"
	"errors"
	"strings"
	"sync"

	"kvist/kv/internal/wait"
)

// levelSource reads what levels needs to know of a store.
type levelSource interface {
	// readLevel tells see what is right in a directory, at one moment, and
	// returns its index: that of the last change that is in what was told. at
	// is the moment to read at where the store can, and 0 for now. Where see
	// stops it with errLevelCut, next is where it stopped, if the entries come
	// in the order of the keys: no key from there on was told.
	readLevel(ctx context.Context, dir string, at uint64, see func([]levelEntry) error) (index uint64, next string, err error)
	// someIn reports whether there is a key below a directory, where one was
	// deleted, and the index of the moment when that was so.
	someIn(ctx context.Context, dir, deleted string) (some bool, index uint64, err error)
}

// levelEntry is something right in a directory.
type levelEntry struct {
	Event
	folder bool // there is, or may be, something below it
	key    bool // it is a key, of which the event tells
	again  bool // it was told before, with other marks
}

// levelChange is a change anywhere below the prefix.
type levelChange struct {
	Event
	created bool // the key was not there before
	folder  bool // the key is a directory, which came empty or goes with all that is in it
	mark    bool // only the key's marks changed, whenever it did itself
}

// levels follows the open folders of a subtree that is too large to be known
// whole, in a store that tells all changes of it in one order: each open
// folder's level is read once, and what changes in it since is passed on.
// Elsewhere only what lets a folder come or go is told.
//
// Two goroutines work on it: the one that lists and applies changes, and run.
type levels struct {
	source levelSource
	pump   *pump
	scope  *scope
	dir    string // the prefix's
	most   int64  // bytes that what is known may take
	total  int    // keys below the prefix, when they were found to be too many; 0 when not known
	// standing says that folders are entries of their own, which stay when
	// nothing is in them.
	standing bool
	fail     func(error) error // makes an error of the store of one about a level

	mu      sync.Mutex
	open    map[string]*level
	doubted map[string]string // by directory of a closed folder: the key that was deleted in it last
	doubts  chan struct{}     // has an element when there are some
	used    int64             // bytes that what is known takes
	grown   int64             // of them, what came since the listing by changes
	relist  bool              // only a new listing tells what there is
	listing bool
	left    int // open folders that are not followed
	said    string
	reading sync.WaitGroup
}

// level is an open folder's.
type level struct {
	dir     string
	at      uint64 // what changed up to then is in what was told
	done    bool   // it was read
	keys    int
	folders map[string]levelFolder // by name
	late    []levelChange          // what changed while it was read
	cost    int64
	cut     bool   // not all of it was told
	next    string // no key from there on was; "" where that is not known
	err     error  // why it could not be read
}

// levelFolder is what is known of a folder in a level.
type levelFolder struct {
	put  uint64 // the index of the last put below it that was seen
	told bool   // it was told that there is something below it
}

const (
	// levelsMost is how many levels are followed at most.
	levelsMost = 1000
	// levelLeast is how many entries of a level are told whatever the others
	// take.
	levelLeast = 256
	// levelLate bounds the changes that are kept while a level is read; it is
	// read anew where there are more.
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

// list makes a listing of what is open, and returns the index that changes are
// to be followed from.
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
	l.said = errText(unseen)
	l.pump.endListing(unseen)
	wait.Signal(l.scope.changed) // others may be open by now
	return at, nil
}

// run reads the levels of folders that are opened, forgets those of folders
// that are closed, and finds out which closed folders are gone, until ctx ends.
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
		if pause.Wait(ctx) != nil { // also after a success: one question for many deletions
			return
		}
	}
}

// reached says how much is followed. It is called without mu.
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
		return // the listing's end brings us back
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
	l.tellState()
}

// close forgets an open folder and all that is open below it.
func (l *levels) close(dir string) {
	l.drop(dir)
	parent := l.open[parentDir(dir)]
	name := levelName(parent, dir)
	if f, there := parent.folders[name]; there {
		f.told = true
		parent.folders[name] = f
		l.pump.reveal(Event{Kind: FolderEvent, Key: strings.TrimSuffix(dir, "/"), Size: -1, Old: true})
	}
}

// drop gives up a level and those below it.
func (l *levels) drop(dir string) {
	for other, v := range l.open {
		if strings.HasPrefix(other, dir) {
			l.used -= v.cost
			delete(l.open, other)
		}
	}
}

// levelName is the name of a directory in the level that it lies in.
func levelName(parent *level, dir string) string {
	return strings.TrimSuffix(dir[len(parent.dir):], "/")
}

// enter begins to follow a level; nil when there is no such folder, or it is
// followed already.
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
			return nil // the end of its reading brings us back
		}
		if _, there := parent.folders[levelName(parent, dir)]; !there {
			return nil
		}
	}
	v := &level{dir: dir, folders: map[string]levelFolder{}}
	l.open[dir] = v
	return v
}

// over reports whether what changed has made what is known too large, so that
// a new listing has to leave some of it out.
func (l *levels) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.relist || l.used > l.most && l.grown > l.most/8+levelLeast*segmentCost
}

// startOver asks for a new listing: all there was is gone at once.
func (l *levels) startOver() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.relist = true
}

// found says that contact is there again, and nothing was missed.
func (l *levels) found() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pump.lost(Live, l.fail(l.unseen()))
}
