package main

import (
	"errors"
	"fmt"
	"time"

	"kvist/kv"
)

// pastTimes is how much longer than now the first rows of the past may take.
const pastTimes = 1.5

// pastRounds is how often both are measured in a round: each takes little.
const pastRounds = 5

// measurePast lists all keys as they are and as they were a tenth of them ago, by
// turns, and compares when the first rows come.
func (e *etcd) measurePast() ([]row, error) {
	store, err := kv.NewStore(kv.ETCDV3, []string{e.server.Addr}, &kv.Config{ConnectionTimeout: etcdTimeout})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	historian, ok := kv.As[kv.Historian](store)
	if !ok {
		return nil, errors.New("etcd v3 keeps no history")
	}
	then, err := historian.Revision(e.ctx)
	if err != nil {
		return nil, err
	}
	if err := e.load(e.tenth); err != nil { // so that there is something later
		return nil, err
	}
	var now, past, allNow, allPast sample
	for i := range e.rounds * pastRounds {
		first, all, err := e.lists(store)
		if err != nil {
			return nil, err
		}
		now, allNow = append(now, first), append(allNow, all)
		if first, all, err = e.listsAt(historian, then); err != nil {
			return nil, err
		}
		past, allPast = append(past, first), append(allPast, all)
		e.say("round %d: first rows %s now, %s in the past", i+1, took(now[i]), took(past[i]))
	}
	ratio := quotient(past.median(), now.median())
	return []row{row{
		what:      rowPast,
		kvist:     fmt.Sprintf("%s, all %s", took(past.median()), took(allPast.median())),
		reference: fmt.Sprintf("%s, all %s as it is now", took(now.median()), took(allNow.median())),
		ratio:     times(ratio), goal: times(pastTimes),
	}.judged(ratio <= pastTimes)}, nil
}

// listsAt is lists of a moment in the past, which is opened first.
func (e *etcd) listsAt(historian kv.Historian, revision uint64) (first, all time.Duration, err error) {
	began := time.Now()
	past, err := historian.At(e.ctx, revision)
	if err != nil {
		return 0, 0, err
	}
	defer past.Close()
	opened := time.Since(began)
	first, all, err = e.lists(past)
	return opened + first, opened + all, err
}

// lists returns how long a feed takes to its first keys, and to all.
func (e *etcd) lists(store kv.Store) (first, all time.Duration, err error) {
	began := time.Now()
	feed, err := kv.Follow(store, e.many.prefix, kv.FollowOptions{})
	if err != nil {
		return 0, 0, err
	}
	defer feed.Close()
	for keys := 0; ; {
		b, err := feed.Next(e.ctx)
		if err != nil {
			return 0, 0, err
		}
		if keys += len(b.Events); first == 0 && keys > 0 {
			first = time.Since(began)
		}
		switch {
		case b.Err != nil:
			return 0, 0, b.Err
		case b.Synced && keys < e.many.n:
			return 0, 0, fmt.Errorf("%d keys were listed of %d", keys, e.many.n)
		case b.Synced:
			return first, time.Since(began), nil
		}
	}
}
