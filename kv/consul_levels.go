package kv

import (
	"context"
	"slices"
	"strings"
	"sync"

	"kvist/kv/internal/pacing"
	"kvist/kv/internal/wait"
)

// consulLevels follows the levels that are open. Only it speaks to the pump, so that what two
// levels report of one folder is sent in one order.
//
// The truth about an open folder is what its own level reports, and those below it. What the level
// above reports of it is only sent while these have nothing in them: otherwise a folder that goes
// and comes would replace what is known of it by an unknown one.
type consulLevels struct {
	*consulReader
	ctx   context.Context //nolint:containedctx // that of followLevels
	wg    sync.WaitGroup
	news  chan consulLevelNews
	open  map[string]*consulLevel // by directory
	left  int                     // open folders that are not followed
	begun bool                    // the listing has begun
	live  bool                    // … and ended
	err   string                  // the last text about parts that cannot be read
}

// consulLevel is a level that is followed.
type consulLevel struct {
	dir      string
	cancel   context.CancelFunc
	folders  map[string]bool // by directory: those that it was reported to have
	keys     int             // names in it
	reported bool            // its first news has been sent
	unseen   error
}

// followLevels follows what is open until an error.
func (r *consulReader) followLevels(ctx context.Context, pause *wait.Backoff) error {
	ctx, cancel := context.WithCancel(ctx)
	c := &consulLevels{consulReader: r, ctx: ctx, news: make(chan consulLevelNews), open: map[string]*consulLevel{}}
	defer c.wg.Wait()
	defer cancel()
	c.follow(r.dir)
	c.rescope()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.scope.changed:
			c.rescope()
		case news := <-c.news:
			if c.open[news.level.dir] != news.level {
				continue // closed meanwhile
			}
			if news.err != nil {
				return news.err
			}
			pause.Reset()
			if err := c.apply(news); err != nil {
				return err
			}
		}
		c.updateState()
	}
}

// follow begins to read a level.
func (c *consulLevels) follow(dir string) {
	ctx, cancel := context.WithCancel(c.ctx)
	level := &consulLevel{dir: dir, cancel: cancel, folders: map[string]bool{}}
	c.open[dir] = level
	l := &consulLevelReader{consulReader: c.consulReader, dir: dir, out: c.news, self: level, query: pacing.NewQuery(c.budget)}
	c.wg.Go(func() {
		if err := contained(func() { l.run(ctx) }); err != nil {
			l.send(ctx, consulLevelNews{level: level, err: err})
		}
	})
}

// rescope follows the folders that are open now, and no others.
func (c *consulLevels) rescope() {
	wanted := c.wanted(c.scope.now())
	for dir, level := range c.open {
		if !wanted[dir] {
			level.cancel()
			if wanted[parentDir(dir)] {
				c.forget(level)
			}
		}
	}
	for dir := range c.open {
		if !wanted[dir] {
			delete(c.open, dir)
		}
	}
	for dir := range wanted {
		if c.open[dir] == nil {
			c.follow(dir)
		}
	}
	reached := reach{partial: true, watches: len(c.open), budget: c.limits.levels}
	if c.beyond {
		reached.memory = c.limits.memory
	}
	c.pump.reaches(reached)
}

// wanted returns the directories of the levels to follow: the prefix, and each open folder whose
// parent is among them.
func (c *consulLevels) wanted(open []string) map[string]bool {
	dirs := make([]string, 0, len(open))
	for _, folder := range open {
		dirs = append(dirs, consulFolderDir(folder))
	}
	slices.SortStableFunc(dirs, func(a, b string) int { return strings.Count(a, "/") - strings.Count(b, "/") })
	wanted := map[string]bool{c.dir: true}
	c.left = 0
	for _, dir := range dirs {
		switch {
		case !strings.HasPrefix(dir, c.dir), wanted[dir], !wanted[parentDir(dir)]:
		case len(wanted) >= c.limits.levels:
			c.left++
		default:
			wanted[dir] = true
		}
	}
	return wanted
}

// forget reports a folder that was closed as the level above has it: what is below is known no
// longer.
func (c *consulLevels) forget(level *consulLevel) {
	parent := c.open[parentDir(level.dir)]
	e := consulFolderGone(level.dir)
	e.Old = true
	switch {
	case parent != nil && parent.folders[level.dir]:
		e.Kind = FolderEvent
	case level.keys == 0:
		return
	}
	c.pump.reveal(e)
}

// consulFolderGone returns the event of a directory that has nothing in it any more.
func consulFolderGone(dir string) Event {
	return Event{Kind: FolderGoneEvent, Key: consulFolderKey(consulGiven(dir)), Size: -1}
}

// apply sends what a level's reader found.
func (c *consulLevels) apply(news consulLevelNews) error {
	if !c.begun {
		c.begun = true
		c.pump.startListing(c.missed())
	}
	level := news.level
	had := level.keys
	level.keys, level.unseen = news.keys, news.unseen
	events := c.withoutOpenFolders(level, news.events)
	if had > 0 && news.keys == 0 && level.dir != c.dir {
		events = append(events, consulFolderGone(level.dir))
	}
	if c.live && !level.reported { // what opening a folder shows is not news
		for i := range events {
			events[i].Old = true
		}
	}
	switch {
	case news.preview:
		c.pump.reveal(events...)
		return nil
	case !c.live:
		level.reported = true
		return c.pump.list(c.ctx, events...)
	case !level.reported:
		level.reported = true
		c.pump.reveal(events...)
		return nil
	}
	if news.missed != 0 {
		c.pump.miss(news.missed)
	}
	if len(events) > 0 {
		c.pump.live(events...)
	}
	return nil
}

// withoutOpenFolders notes the folders that a level reports, and drops the events of those of which
// their own level, or one below it, knows better. The levels are read side by side: one far below
// may be reported first, and a folder's event would make the reader forget its keys.
func (c *consulLevels) withoutOpenFolders(level *consulLevel, events []Event) []Event {
	kept := events[:0]
	for _, e := range events {
		if e.Kind != FolderEvent && e.Kind != FolderGoneEvent {
			kept = append(kept, e)
			continue
		}
		dir := consulFolderDir(e.Key)
		if e.Kind == FolderEvent {
			level.folders[dir] = true
		} else {
			delete(level.folders, dir)
		}
		if !c.hasKeys(dir) {
			kept = append(kept, e)
		}
	}
	return kept
}

// hasKeys reports whether an open level at or below a directory has reported something in it.
func (c *consulLevels) hasKeys(dir string) bool {
	for _, level := range c.open {
		if level.keys > 0 && strings.HasPrefix(level.dir, dir) {
			return true
		}
	}
	return false
}

// updateState ends the listing once all open levels were reported, and says which parts cannot be
// read.
func (c *consulLevels) updateState() {
	var unseen error
	dirs := make([]string, 0, len(c.open))
	for dir, level := range c.open {
		if !level.reported && !c.live {
			return
		}
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	for _, dir := range dirs {
		if unseen = c.open[dir].unseen; unseen != nil {
			break
		}
	}
	if unseen == nil && c.left > 0 {
		unseen = errConsulLevels(c.left)
	}
	text := ""
	if unseen != nil {
		text = unseen.Error()
	}
	switch {
	case !c.live:
		c.live = true
		c.sync(unseen)
	case text != c.err:
		c.pump.lost(Live, c.fail(unseen))
	}
	c.err = text
}
