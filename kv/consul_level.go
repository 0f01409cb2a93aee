package kv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"kvist/kv/internal/consulhttp"
	"kvist/kv/internal/pacing"
	"kvist/kv/internal/packed"
	"kvist/kv/internal/wait"
)

// consulLevelNews is what a level's reader found.
type consulLevelNews struct {
	level   *consulLevel
	events  []Event
	preview bool   // the events will be sent again
	keys    int    // names in the level now
	missed  Missed // what came before the events and was not reported
	unseen  error
	err     error // contact was lost, or all is too large
}

// consulLevelReader reads one level: the keys that lie in a directory and the names of the folders
// in it. It holds one blocking query.
//
// A list of names wakes at any change below the directory, and has no indexes. Those of the level's
// keys are read by transactions. They first ask whether the known ones still hold, which moves no
// values. A level with very many keys is read by one listing of all below it, as long as that does
// not have many times as many.
type consulLevelReader struct {
	*consulReader
	dir  string
	out  chan<- consulLevelNews
	self *consulLevel // goes into its news

	query        pacing.Query
	index        uint64
	known, fresh packed.Snapshot
	since        uint64 // the index of known; 0 before the level was reported
	leaves       int    // keys in the level
	reported     bool   // the level was reported once
	unseen       error
	byPairs      bool  // it is read by listings of all below it
	tooDeep      bool  // there is too much below it for that
	counted      int64 // bytes that it takes of what all levels hold
}

// isTop reports whether the level is that of the prefix.
func (l *consulLevelReader) isTop() bool { return l.dir == l.consulReader.dir }

// run reads until ctx ends, or an error, which it reports. A folder that may not be read is tried
// again from time to time.
func (l *consulLevelReader) run(ctx context.Context) {
	defer func() { l.held.Add(-l.counted) }()
	for {
		news := consulLevelNews{level: l.self}
		first, unseen := !l.reported, l.unseen
		hold := l.query.Hold
		if err := l.next(ctx, &news); err != nil {
			if l.isTop() || !l.store.isDenied(err) {
				l.send(ctx, consulLevelNews{level: l.self, err: err})
				return
			}
			l.unseen, l.index, l.reported = err, 0, true
			hold = func(ctx context.Context) error { return wait.Sleep(ctx, l.limits.wait) }
		}
		news.keys, news.unseen = l.known.Len(), l.unseen
		if first && l.reported || len(news.events) > 0 || (unseen == nil) != (l.unseen == nil) {
			l.send(ctx, news)
		}
		if hold(ctx) != nil {
			return
		}
	}
}

func (l *consulLevelReader) send(ctx context.Context, news consulLevelNews) {
	select {
	case l.out <- news:
	case <-ctx.Done():
	}
}

// makeRoom says how much memory the next answer may take: what the other levels leave. Keys that
// were left out once stay so: otherwise a key that is left out would look like one that is gone.
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

// next waits for the next answer, and finds what is new in it.
func (l *consulLevelReader) next(ctx context.Context, news *consulLevelNews) error {
	asked := consulhttp.List{Dir: l.dir, What: consulhttp.Level, Index: l.index}
	if l.byPairs {
		asked.What = consulhttp.Pairs
	}
	asked.Wait, asked.Cost = l.query.WaitTime(l.limits.wait, l.limits.waitMost), l.query.Cost()
	begin := time.Now()
	l.makeRoom()
	defer l.countHeld()
	head, err := l.readLevel(ctx, asked, max(l.limits.keys, 4*l.leaves), &l.fresh)
	if errors.Is(err, errConsulTooLarge) {
		l.byPairs, l.tooDeep, l.index = false, true, 0
		return l.next(ctx, news)
	}
	if err != nil {
		return l.query.ShortenWaits(ctx, err, time.Since(begin) > l.limits.wait && asked.Wait > l.limits.wait)
	}
	if asked.Index > 0 && head.Index == asked.Index {
		l.query.Answered(l.mostCost(), head.Took, 0, true)
		return nil
	}
	if !l.byPairs && !l.reported {
		l.sendPreview(ctx)
	}
	l.leaves = l.fresh.Keys()
	if !l.byPairs && !l.tooDeep && l.leaves > l.limits.leaves {
		l.byPairs, l.index = true, 0
		l.query.Answered(l.mostCost(), head.Took, 0, asked.Index > 0)
		return l.next(ctx, news)
	}
	return l.complete(ctx, news, asked, head)
}

// complete reads what a list of names lacks, and finds the changes.
func (l *consulLevelReader) complete(ctx context.Context, news *consulLevelNews, asked consulhttp.List, head consulhttp.Head) error {
	begin := time.Now()
	if !l.byPairs {
		if err := l.readStates(ctx); err != nil {
			return err
		}
	}
	gathered := l.query.Answered(l.mostCost(), head.Took, time.Since(begin), asked.Index > 0)
	if l.isTop() {
		l.budget.SetTop(l.query.Cost())
	}
	packed.Diff(&l.known, &l.fresh, func(c packed.Change) { news.events = append(news.events, consulEvent(c)) })
	l.known, l.fresh = l.fresh, l.known
	switch {
	case l.since == 0:
	case head.Back && len(news.events) > 0:
		news.missed = Gap
	case consulMerged(news.events, l.since, head.Index, gathered || asked.Index == 0):
		news.missed = Coalesced
	}
	l.index, l.since = consulhttp.NextIndex(asked.Index, head.Index), head.Index
	if asked.Index == 0 {
		l.reported, l.unseen = true, l.store.hidden(ctx, l.dir, head)
		if l.known.Cut() != nil && l.unseen == nil {
			l.unseen = errLevelIsCut(consulGiven(l.dir), l.known.Len(), l.limits.memory)
		}
	}
	return nil
}

// mostCost returns the most that an answer may have cost. A list of names costs as much as all that
// lies below the level, which it does not say. The top level is that of a subtree too large to be
// listed, and no other costs more than the top one.
func (l *consulLevelReader) mostCost() time.Duration {
	if l.isTop() {
		return pacing.MostCost(max(l.leaves, l.limits.keys))
	}
	return max(pacing.MostCost(l.leaves), l.budget.Top())
}

// sendPreview sends the names of the level, before more is known of them.
func (l *consulLevelReader) sendPreview(ctx context.Context) {
	news := consulLevelNews{level: l.self, preview: true, keys: l.fresh.Len()}
	packed.Diff(&l.known, &l.fresh, func(c packed.Change) { news.events = append(news.events, consulEvent(c)) })
	l.send(ctx, news)
	l.known.CopyFrom(&l.fresh)
}

// readStates gives the keys in l.fresh, where only their names are known, the states in l.known
// that still hold, or new ones. A key that is gone by now keeps the one that it has: the level's
// next answer will not name it.
func (l *consulLevelReader) readStates(ctx context.Context) error {
	names, states := l.namesAndStates()
	var known []consulhttp.KeyIndex
	var numbers, stale []int // of names
	for i, state := range states {
		if state.Index == 0 {
			stale = append(stale, i)
			continue
		}
		known, numbers = append(known, consulhttp.KeyIndex{Key: names[i], Index: state.Index}), append(numbers, i)
	}
	changed, err := l.store.http.Changed(ctx, known)
	if err != nil {
		return err
	}
	for i, n := range numbers {
		if changed[i] {
			stale = append(stale, n)
		}
	}
	staleNames := make([]string, len(stale))
	for i, n := range stale {
		staleNames[i] = names[n]
	}
	err = l.store.http.Entries(ctx, staleNames, func(i int, e *consulhttp.Entry) { states[stale[i]] = l.state(ctx, e) })
	if err != nil {
		return err
	}
	l.fresh.Replace(func([]byte, packed.State) packed.State {
		state := states[0]
		states = states[1:]
		return state
	})
	return nil
}

// namesAndStates returns the keys in l.fresh, with the states that l.known has.
func (l *consulLevelReader) namesAndStates() (names []string, states []packed.State) {
	old := l.known.Cursor()
	more := old.Next()
	for c := l.fresh.Cursor(); c.Next(); {
		if c.State.Folder {
			continue
		}
		for more && bytes.Compare(old.Name, c.Name) < 0 {
			more = old.Next()
		}
		state := c.State
		if more && bytes.Equal(old.Name, c.Name) {
			state = old.State
		}
		names, states = append(names, string(c.Name)), append(states, state)
	}
	return names, states
}

// readLevel reads the level l.Dir into a snapshot. From a list of names, keys come with index 0. A
// list of pairs fails with errConsulTooLarge if there are more than most, or if it takes too long.
// An answer without news is not read.
func (r *consulReader) readLevel(ctx context.Context, l consulhttp.List, most int, into *packed.Snapshot) (consulhttp.Head, error) {
	answer, err := r.store.http.List(ctx, l)
	if err != nil {
		return consulhttp.Head{}, err
	}
	defer answer.Close()
	switch {
	case answer.IsOld():
		return answer.Head, nil
	case l.What == consulhttp.Pairs && l.Index == 0 && answer.Took > r.limits.cost:
		return answer.Head, errConsulTooLarge
	}
	into.Reset()
	if l.What != consulhttp.Pairs {
		err = answer.Names(func(name []byte) error { r.place(into, l.Dir, name, packed.State{Size: -1}); return nil })
	} else {
		left := most
		err = answer.Entries(func(e *consulhttp.Entry) error {
			r.place(into, l.Dir, e.Key, r.state(ctx, e))
			left--
			if left < 0 {
				return errConsulTooLarge
			}
			return nil
		})
	}
	into.Sort()
	return answer.Head, err
}

// place is consulPlace for the keys below the prefix: the prefix itself is not among them.
func (r *consulReader) place(into *packed.Snapshot, dir string, name []byte, state packed.State) {
	if string(name) != r.dir {
		consulPlace(into, dir, name, state)
	}
}

// consulPlace adds a key to the level dir, or the folder in it that the key lies in.
func consulPlace(into *packed.Snapshot, dir string, name []byte, state packed.State) {
	if !bytes.HasPrefix(name, []byte(dir)) {
		return // the URL could only ask for more
	}
	if slash := bytes.IndexByte(name[len(dir):], '/'); slash >= 0 {
		name, state = name[:len(dir)+slash+1], packed.State{Size: -1, Folder: true}
		if into.EndsWith(name) {
			return
		}
	}
	into.Add(name, state)
}

// errConsulLevels says that more folders are open than can be followed.
func errConsulLevels(left int) error {
	return withKind(ErrNotSupported, fmt.Errorf("%d open folders are not followed: each would take a connection", left))
}
