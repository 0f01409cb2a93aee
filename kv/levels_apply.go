package kv

import (
	"context"
	"maps"
	"slices"
	"strings"

	"kvist/kv/internal/wait"
)

// apply reports what changes mean for the open folders. Most mean nothing.
func (l *levels) apply(changes []levelChange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var events []Event
	for _, c := range changes {
		events = l.translate(c, events)
	}
	if len(events) > 0 {
		l.pump.live(events...)
	}
}

// translate appends the events that a change means.
func (l *levels) translate(c levelChange, events []Event) []Event {
	for v := l.open[l.dir]; v != nil; {
		switch {
		case !v.done:
			v.late = append(v.late, c)
			return events
		case c.Index <= v.at && !c.mark, v.next != "" && c.Key >= v.next, !strings.HasPrefix(c.Key, v.dir):
			return events
		}
		name, _, inside := strings.Cut(c.Key[len(v.dir):], "/")
		if !inside {
			return l.inLevel(v, c, events)
		}
		dir := v.dir + name + "/"
		below := l.open[dir]
		if c.Kind == PutEvent {
			if !c.mark {
				events = l.sawFolder(v, name, c, events)
			}
		} else if _, there := v.folders[name]; below == nil && there && !l.standing {
			l.doubted[dir] = c.Key
			wait.Signal(l.doubts)
		}
		v = below
	}
	return events
}

// inLevel appends the events that a change of an entry right in a level means.
func (l *levels) inLevel(v *level, c levelChange, events []Event) []Event {
	name := c.Key[len(v.dir):]
	if c.Kind == PutEvent {
		if c.created {
			v.keys++
			l.grow(v, costOf(name))
		}
		if _, there := v.folders[name]; c.folder && !there {
			v.folders[strings.Clone(name)] = levelFolder{}
		}
		return append(events, c.Event)
	}
	v.keys--
	l.grow(v, -costOf(name))
	events = append(events, c.Event)
	if _, there := v.folders[name]; there && l.standing {
		delete(v.folders, name)
		l.drop(c.Key + "/")
		events = append(events, Event{Kind: FolderGoneEvent, Key: c.Key, Size: -1})
	}
	return l.emptied(v, events)
}

// sawFolder records that there is a key below a folder in a level.
func (l *levels) sawFolder(v *level, name string, c levelChange, events []Event) []Event {
	f, there := v.folders[name]
	key, told := v.dir+name, f.shown
	f.put = c.Index
	if l.open[key+"/"] == nil {
		f.shown = true
	}
	v.folders[strings.Clone(name)] = f
	if !there && l.standing {
		events = append(events, Event{Kind: PutEvent, Key: key, Index: c.Index, Flags: Directory})
	}
	if !there {
		l.grow(v, 2*costOf(name))
		wait.Signal(l.scope.changed) // it may be open
	}
	if told || !f.shown {
		return events
	}
	return append(events, Event{Kind: FolderEvent, Key: key, Size: -1})
}

// emptied appends that a folder is gone if nothing is left in the level v, and
// the same for the folders around it.
func (l *levels) emptied(v *level, events []Event) []Event {
	for v != nil && v.done && v.keys == 0 && len(v.folders) == 0 {
		switch {
		case v.cut && v.dir == l.dir:
			l.relist = true
			return events
		case v.cut && v.err == nil: // other entries of it can be shown now
			l.close(v.dir)
			wait.Signal(l.scope.changed)
			return events
		case v.cut, v.dir == l.dir, l.standing:
			return events
		}
		parent := l.open[parentDir(v.dir)]
		l.drop(v.dir)
		if parent != nil {
			delete(parent.folders, levelName(parent, v.dir))
		}
		events = append(events, Event{Kind: FolderGoneEvent, Key: strings.TrimSuffix(v.dir, "/"), Size: -1})
		v = parent
	}
	return events
}

// showEmpty reports a level that turned out to be empty when it was read.
func (l *levels) showEmpty(v *level) {
	if v.dir == l.dir || v.cut || v.keys > 0 || len(v.folders) > 0 {
		return
	}
	if l.standing { // an empty directory is an entry, but not a folder
		parent := l.open[parentDir(v.dir)]
		parent.folders[levelName(parent, v.dir)] = levelFolder{}
		l.pump.reveal(Event{Kind: FolderGoneEvent, Key: strings.TrimSuffix(v.dir, "/"), Size: -1, Old: true})
		return
	}
	l.pump.reveal(l.emptied(v, nil)...)
}

// grow adds to the memory that a level takes.
func (l *levels) grow(v *level, cost int64) {
	v.cost += cost
	l.used += cost
	l.grown += cost
}

// settleDoubts finds out which closed folders are gone.
func (l *levels) settleDoubts(ctx context.Context) error {
	l.mu.Lock()
	doubted := l.doubted
	l.doubted = map[string]string{}
	l.mu.Unlock()
	for _, dir := range slices.Sorted(maps.Keys(doubted)) {
		some, index, err := l.source.someIn(ctx, dir, doubted[dir])
		if err != nil {
			l.mu.Lock()
			maps.Copy(l.doubted, doubted)
			l.mu.Unlock()
			wait.Signal(l.doubts)
			return err
		}
		if !some {
			l.vanished(dir, index)
		}
	}
	return nil
}

// vanished reports that a closed folder was empty at a moment, unless a key
// was put into it later.
func (l *levels) vanished(dir string, index uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.open[parentDir(dir)]
	if v == nil || !v.done || l.open[dir] != nil {
		return
	}
	name := levelName(v, dir)
	if f, there := v.folders[name]; !there || f.put > index {
		return
	}
	delete(v.folders, name)
	l.grow(v, -2*costOf(name))
	l.pump.live(l.emptied(v, []Event{{Kind: FolderGoneEvent, Key: strings.TrimSuffix(dir, "/"), Size: -1}})...)
}
