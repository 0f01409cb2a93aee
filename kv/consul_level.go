package kv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"kvist/kv/internal/pacing"
	"kvist/kv/internal/packed"
)

// consulAnswered is what a level's reader found.
type consulAnswered struct {
	level   *consulLevel
	events  []Event
	preview bool   // the events will be told again
	keys    int    // names in the level now
	missed  Missed // what came before the events and was not told
	unseen  error
	err     error // contact was lost, or all is too large
}

// consulLevelReader reads one level: the keys that lie in a directory and the
// names of the folders in it. It holds one blocking query.
//
// A list of names wakes at any change below the directory, and has no indexes.
// Those of the level's keys are read by transactions, which first ask whether
// the known ones still hold: that moves no values. A level with very many keys
// is read by one listing of all below it, as long as that has not many times
// as many.
type consulLevelReader struct {
	*consulReader
	dir  string
	out  chan<- consulAnswered
	self *consulLevel // what to sign answers with

	query        pacing.Query
	index        uint64
	known, fresh packed.Snapshot
	since        uint64 // the index of known; 0 before the level was told
	leaves       int    // keys in the level
	told         bool   // the level was told once
	unseen       error
	byPairs      bool  // it is read by listings of all below it
	tooDeep      bool  // there is too much below it for that
	counted      int64 // bytes of what all levels hold
}

// run reads until ctx ends or an error that is told. A folder that may not be
// read is tried again from time to time.
func (l *consulLevelReader) run(ctx context.Context) {
	defer func() { l.held.Add(-l.counted) }()
	for {
		a := consulAnswered{level: l.self}
		first, unseen := !l.told, l.unseen
		wait := l.query.Hold
		if err := l.next(ctx, &a); err != nil {
			if l.dir == l.consulReader.dir || !errors.Is(l.store.fail("follow", l.dir, err), ErrDenied) {
				l.send(ctx, consulAnswered{level: l.self, err: err})
				return
			}
			l.unseen, l.index, l.told = err, 0, true
			wait = func(ctx context.Context) error { return sleep(ctx, l.limits.wait) }
		}
		a.keys, a.unseen = l.known.Len(), l.unseen
		if first && l.told || len(a.events) > 0 || (unseen == nil) != (l.unseen == nil) {
			l.send(ctx, a)
		}
		if wait(ctx) != nil {
			return
		}
	}
}

// makeRoom says how much memory the next answer may take: what the other levels
// leave. What was left out once stays so, since nothing would tell a key that is
// left out from one that is gone.
func (l *consulLevelReader) makeRoom() {
	l.fresh.Room = packed.Room{Limit: max(1, l.limits.memory-l.held.Load()+l.counted), Least: levelLeast, Segment: segmentCost}
	l.fresh.CutAt(l.known.Cut())
}

// countHeld counts what the level takes.
func (l *consulLevelReader) countHeld() {
	now := max(l.known.Cost(), l.fresh.Cost())
	l.held.Add(now - l.counted)
	l.counted = now
}

func (l *consulLevelReader) send(ctx context.Context, a consulAnswered) {
	select {
	case l.out <- a:
	case <-ctx.Done():
	}
}

// next waits for the next answer, and finds what is new in it.
func (l *consulLevelReader) next(ctx context.Context, a *consulAnswered) error {
	asked := consulList{dir: l.dir, what: nearestName, index: l.index}
	if l.byPairs {
		asked.what = wholePairs
	}
	asked.wait, asked.cost = l.query.WaitTime(l.limits.wait, l.limits.waitMost), l.query.Cost()
	begin := time.Now()
	l.makeRoom()
	defer l.countHeld()
	head, err := l.names(ctx, asked, max(l.limits.keys, 4*l.leaves), &l.fresh)
	if errors.Is(err, errTooLarge) {
		l.byPairs, l.tooDeep, l.index = false, true, 0
		return l.next(ctx, a)
	}
	if err != nil {
		return l.query.ShortenWaits(ctx, err, time.Since(begin) > l.limits.wait && asked.wait > l.limits.wait)
	}
	if asked.index > 0 && head.index == asked.index {
		l.query.Answered(l.mostCost(), head.took, 0, true)
		return nil
	}
	if !l.byPairs && !l.told {
		l.sendPreview(ctx)
	}
	l.leaves = l.fresh.Keys()
	if !l.byPairs && !l.tooDeep && l.leaves > l.limits.leaves {
		l.byPairs, l.index = true, 0
		l.query.Answered(l.mostCost(), head.took, 0, asked.index > 0)
		return l.next(ctx, a)
	}
	return l.settle(ctx, a, asked, head)
}

// settle completes an answer by what names do not tell, and finds the changes.
func (l *consulLevelReader) settle(ctx context.Context, a *consulAnswered, asked consulList, head consulAnswer) error {
	begin := time.Now()
	if !l.byPairs {
		if err := l.readLeaves(ctx); err != nil {
			return err
		}
	}
	gathered := l.query.Answered(l.mostCost(), head.took, time.Since(begin), asked.index > 0)
	if l.dir == l.consulReader.dir {
		l.budget.SetTop(l.query.Cost())
	}
	packed.Diff(&l.known, &l.fresh, func(c packed.Change) { a.events = append(a.events, consulEvent(c)) })
	l.known, l.fresh = l.fresh, l.known
	switch {
	case l.since == 0:
	case head.back && len(a.events) > 0:
		a.missed = Gap
	case consulMerged(a.events, l.since, head.index, gathered || asked.index == 0):
		a.missed = Coalesced
	}
	l.index, l.since = nextIndex(asked.index, head.index), head.index
	if asked.index == 0 {
		l.told, l.unseen = true, l.store.hidden(ctx, l.dir, head)
		if l.known.Cut() != nil && l.unseen == nil {
			l.unseen = errLevelIsCut(consulGiven(l.dir), l.known.Len(), l.limits.memory)
		}
	}
	return nil
}

// mostCost is the most that an answer may have cost. A list of names costs
// what lies below the level, which it does not tell: the uppermost level is
// that of a subtree too large to be listed, and no other costs more than that.
func (l *consulLevelReader) mostCost() time.Duration {
	if l.dir == l.consulReader.dir {
		return pacing.MostCost(max(l.leaves, l.limits.keys))
	}
	return max(pacing.MostCost(l.leaves), l.budget.Top())
}

// sendPreview tells the names of the level, before more is known of them.
func (l *consulLevelReader) sendPreview(ctx context.Context) {
	a := consulAnswered{level: l.self, preview: true, keys: l.fresh.Len()}
	packed.Diff(&l.known, &l.fresh, func(c packed.Change) { a.events = append(a.events, consulEvent(c)) })
	l.send(ctx, a)
	l.known.CopyFrom(&l.fresh)
}

// names reads the level l.dir into a snapshot, folders as names that end in a
// slash. From a list of names, keys come with index 0. A list of pairs is
// errTooLarge where there are more than most, or where it takes too long. An
// answer that has nothing new is not read.
func (r *consulReader) names(ctx context.Context, l consulList, most int, into *packed.Snapshot) (consulAnswer, error) {
	if l.what == nearestName && l.askFor() != l.dir {
		l.what = everyName // which is not in folders that no URL can name
	}
	body, head, err := r.store.list(ctx, l)
	if err != nil || l.index > 0 && head.index == l.index {
		if err == nil {
			err = body.Close()
		}
		return head, err
	}
	defer body.Close()
	if l.what == wholePairs && l.index == 0 && head.took > r.limits.cost {
		return head, errTooLarge
	}
	into.Reset()
	scan := newConsulScanner(body, r.store.valueMost())
	if l.what != wholePairs {
		err = scan.names(func(name []byte) error { r.place(l.dir, name, packed.State{Size: -1}, into); return nil })
	} else {
		left := most
		err = scan.entries(func(e *consulEntry) error {
			r.place(l.dir, e.key, r.state(ctx, e), into)
			left--
			if left < 0 {
				return errTooLarge
			}
			return nil
		})
	}
	into.Sort()
	return head, err
}

// place adds a key to the level dir, or the folder in it that it lies in.
func (r *consulReader) place(dir string, name []byte, state packed.State, into *packed.Snapshot) {
	if !bytes.HasPrefix(name, []byte(dir)) || len(name) == len(dir) && dir == r.dir {
		return // the URL could only ask for more; and the directory itself
	}
	if slash := bytes.IndexByte(name[len(dir):], '/'); slash >= 0 {
		name, state = name[:len(dir)+slash+1], packed.State{Size: -1, Folder: true}
		if into.EndsWith(name) {
			return
		}
	}
	into.Add(name, state)
}

// errLevels says that more folders are open than can be followed.
func errLevels(left int) error {
	return withKind(ErrNotSupported, fmt.Errorf("%d open folders are not followed: each would take a connection", left))
}
