package kv

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kvist/internal/printable"
	"kvist/kv/internal/wait"
)

// readUntilDone reads the level of a folder that was opened, and tries again
// after lost contact.
func (l *levels) readUntilDone(ctx context.Context, v *level) {
	var pause wait.Backoff
	for ctx.Err() == nil {
		err := recovered(func() error { return l.readOrMark(ctx, v, 0) })
		if isPanic(err) {
			l.pump.unseen(l.fail(err))
		}
		l.mu.Lock()
		mine := l.open[v.dir] == v
		switch {
		case !mine:
		case errors.Is(err, errLevelAgain):
			l.close(v.dir)
		case err == nil:
			l.reportUnseen()
		}
		l.mu.Unlock()
		if !mine || err == nil || errors.Is(err, errLevelAgain) {
			wait.Signal(l.scope.changed) // the open folders below it can be read now
			return
		}
		if pause.Wait(ctx) != nil {
			return
		}
	}
}

// readOrMark reads a level, or records that it may not be read, or that it is of the past and can
// no longer be read.
func (l *levels) readOrMark(ctx context.Context, v *level, at uint64) error {
	err := l.read(ctx, v, at)
	if err == nil {
		return nil
	}
	failed := l.fail(err)
	if !isAnyOf(failed, ErrDenied, ErrCompacted, ErrFuture) {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	v.done, v.cut, v.err, v.late = true, true, failed, nil
	return nil
}

// read reads a level and reports its entries.
func (l *levels) read(ctx context.Context, v *level, at uint64) error {
	again := v.keys+len(v.folders) > 0 // a reading broke off: its entries are put again
	l.mu.Lock()
	l.used -= v.cost
	v.keys, v.folders, v.cost = 0, map[string]levelFolder{}, 0
	l.mu.Unlock()
	if again {
		if err := l.emit(ctx, v, []Event{{Kind: FolderEvent, Key: strings.TrimSuffix(v.dir, "/"), Size: -1, Old: true}}); err != nil {
			return err
		}
	}
	index, next, err := l.source.readLevel(ctx, v.dir, at, func(entries []levelEntry) error {
		events, full := l.take(v, entries)
		if err := l.emit(ctx, v, events); err != nil {
			return err
		}
		if full {
			return errLevelCut
		}
		return nil
	})
	cut := errors.Is(err, errLevelCut)
	if err != nil && !cut {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[v.dir] != v {
		return errLevelClosed
	}
	v.at, v.done, v.cut, v.next = index, true, cut, next
	late := v.late
	v.late = nil
	for _, c := range late {
		l.pump.live(l.translate(c, nil)...)
	}
	l.showEmpty(v)
	return nil
}

// take records entries of a level and returns them as events. It reports
// whether there is no room for more.
func (l *levels) take(v *level, entries []levelEntry) (events []Event, full bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	events = make([]Event, 0, len(entries))
	for _, e := range entries {
		e.Old = !l.listing
		if e.remarked {
			events = append(events, e.Event)
			continue
		}
		cost := costOf(e.Key[len(v.dir):])
		if e.key {
			events = append(events, e.Event)
			v.keys++
		}
		if e.folder {
			name := e.Key[len(v.dir):]
			if _, told := v.folders[name]; !told {
				v.folders[strings.Clone(name)] = levelFolder{shown: true}
				events = append(events, Event{Kind: FolderEvent, Key: e.Key, Size: -1, Old: e.Old})
				cost *= 2 // it is kept in v as well
			}
		}
		v.cost += cost
		l.used += cost
	}
	return events, l.used > l.most && v.keys+len(v.folders) >= levelLeast
}

// emit reports events of a level that is being read, when there is room for
// them.
func (l *levels) emit(ctx context.Context, v *level, events []Event) error {
	for len(events) > 0 {
		some := events[:min(len(events), batchMax)]
		events = events[len(some):]
		if err := l.pump.waitForRoom(ctx); err != nil {
			return err
		}
		if err := l.emitSome(v, some); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (l *levels) emitSome(v *level, events []Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.open[v.dir] != v:
		return errLevelClosed
	case len(v.late) > levelLate:
		return errLevelAgain
	case l.listing:
		l.pump.listNow(events)
	default:
		l.pump.reveal(events...)
	}
	return nil
}

// unseen returns why a part of the open folders is not reported; nil if all
// is. l.mu must be held.
func (l *levels) unseen() error {
	dirs := make([]string, 0, len(l.open))
	for dir, v := range l.open {
		if v.cut {
			dirs = append(dirs, dir)
		}
	}
	if len(dirs) == 0 {
		if l.left > 0 {
			return withKind(ErrPartly, fmt.Errorf("%d open folders are not followed: %d are at most", l.left, levelsMost))
		}
		return nil
	}
	v := l.open[slices.Min(dirs)]
	if v.err != nil {
		return v.err
	}
	return errLevelIsCut(v.dir, v.keys+len(v.folders), l.most)
}

// errLevelIsCut is the error of a directory of which only some entries are
// reported.
func errLevelIsCut(dir string, told int, most int64) error {
	return withKind(ErrPartly, fmt.Errorf("of what is right in %s only the first %s are shown: all take more than %s of memory",
		levelWord(dir), grouped(told), Bytes(most)))
}

// levelWord names a directory in a sentence.
func levelWord(dir string) string {
	if dir == "" {
		return "the root"
	}
	return printable.String(dir)
}

// reportUnseen reports unseen if it has changed. l.mu must be held.
func (l *levels) reportUnseen() {
	if l.listing {
		return
	}
	unseen := l.unseen()
	if text := errText(unseen); text != l.reported {
		l.reported = text
		l.pump.unseen(l.fail(unseen))
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Bytes returns a number of bytes in words, such as "512 MiB".
func Bytes(n int64) string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= unit.size && n%unit.size == 0 {
			return strconv.FormatInt(n/unit.size, 10) + " " + unit.name
		}
	}
	return strconv.FormatInt(n, 10) + " bytes"
}

// grouped returns a number with its digits in groups of three.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}
