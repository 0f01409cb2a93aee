package kv

import (
	"context"
	"slices"
	"strings"
	"sync"

	"kvist/kv/internal/pacing"
)

// consulLevels follows the levels that are open. It alone speaks to the pump,
// so that what two levels say of one folder is told in one order.
//
// Of an open folder its own level tells the truth, and what the level above
// says is only told while its own has nothing in it: else a folder that goes
// and comes would be told as unknown over what is known of it.
type consulLevels struct {
	*consulReader
	ctx     context.Context
	wg      sync.WaitGroup
	answers chan consulAnswered
	open    map[string]*consulLevel // by directory
	left    int                     // open folders that are not followed
	begun   bool                    // the listing has begun
	live    bool                    // … and ended
	err     string                  // what was said of parts that cannot be read
}

// consulLevel is a level that is followed.
type consulLevel struct {
	dir     string
	cancel  context.CancelFunc
	folders map[string]bool // by directory: those that were told to be in it
	keys    int             // names in it
	done    bool            // it was told once
	unseen  error
}

// followLevels follows what is open until an error.
func (r *consulReader) followLevels(ctx context.Context, pause *backoff) error {
	ctx, cancel := context.WithCancel(ctx)
	c := &consulLevels{consulReader: r, ctx: ctx, answers: make(chan consulAnswered), open: map[string]*consulLevel{}}
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
		case a := <-c.answers:
			if c.open[a.level.dir] != a.level {
				continue // closed meanwhile
			}
			if a.err != nil {
				return a.err
			}
			pause.reset()
			if err := c.apply(a); err != nil {
				return err
			}
		}
		c.settleState()
	}
}

// follow begins to read a level.
func (c *consulLevels) follow(dir string) {
	ctx, cancel := context.WithCancel(c.ctx)
	level := &consulLevel{dir: dir, cancel: cancel, folders: map[string]bool{}}
	c.open[dir] = level
	l := &consulLevelReader{consulReader: c.consulReader, dir: dir, out: c.answers, self: level, query: pacing.NewQuery(c.budget)}
	c.wg.Go(func() {
		if err := recovered(func() error { l.run(ctx); return nil }); err != nil {
			l.send(ctx, consulAnswered{level: level, err: err})
		}
	})
}

// rescope follows the folders that are open now, and no others.
func (c *consulLevels) rescope() {
	open := c.scope.now()
	wanted := c.wanted(open)
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

// wanted are the directories of the levels to follow: the prefix, and each open
// folder whose parent is among them.
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

// forget tells that what is below a level is known no longer, as the level
// above has it.
func (c *consulLevels) forget(level *consulLevel) {
	parent := c.open[parentDir(level.dir)]
	e := Event{Kind: FolderGoneEvent, Key: consulFolderKey(consulGiven(level.dir)), Size: -1, Old: true}
	switch {
	case parent != nil && parent.folders[level.dir]:
		e.Kind = FolderEvent
	case level.keys == 0:
		return
	}
	c.preview([]Event{e})
}

// apply tells what a level's reader found.
func (c *consulLevels) apply(a consulAnswered) error {
	if !c.begun {
		c.begun = true
		c.pump.startListing(c.missed())
	}
	level := a.level
	had := level.keys
	level.keys, level.unseen = a.keys, a.unseen
	events := c.sift(level, a.events)
	if had > 0 && a.keys == 0 && level.dir != c.dir {
		events = append(events, Event{Kind: FolderGoneEvent, Key: consulFolderKey(consulGiven(level.dir)), Size: -1})
	}
	if c.live && !level.done { // what opening a folder shows is not news
		for i := range events {
			events[i].Old = true
		}
	}
	switch {
	case a.preview:
		c.preview(events)
		return nil
	case !c.live:
		level.done = true
		return c.pump.list(c.ctx, events...)
	case !level.done:
		level.done = true
		c.preview(events)
		return nil
	}
	if a.missed != 0 {
		c.pump.miss(a.missed)
	}
	if len(events) > 0 {
		c.pump.live(events...)
	}
	return nil
}

// sift takes out what a level says of folders whose own level knows better.
func (c *consulLevels) sift(level *consulLevel, events []Event) []Event {
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
		if below := c.open[dir]; below == nil || below.keys == 0 {
			kept = append(kept, e)
		}
	}
	return kept
}

// settleState says that the listing has ended, once all open levels were told,
// and which parts cannot be read.
func (c *consulLevels) settleState() {
	var unseen error
	dirs := make([]string, 0, len(c.open))
	for dir, level := range c.open {
		if !level.done && !c.live {
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
		unseen = errLevels(c.left)
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
		c.pump.lost(Live, c.store.fail("follow", c.prefix, unseen))
	}
	c.err = text
}
