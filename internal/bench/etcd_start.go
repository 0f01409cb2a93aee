package main

import (
	"context"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// The targets of a first tree, of all keys and of their memory.
const (
	firstTreeGoal  = 150 * time.Millisecond
	firstTreeTimes = 1.2  // of the server's own answer, on servers that cannot stream
	allKnownTimes  = 0.75 // of etcdctl
	peakGoal       = 200  // MiB
	furtherGoal    = 120  // bytes
	// sufficient is how many keys are enough for a first tree.
	sufficient = 256
)

// starts holds the measurements of starts, round by round.
type starts struct {
	first, known    sample // of kvist
	limited, all    sample // the server's own answers
	listing         sample // of etcdctl
	peak, now       []int64
	peakTenth, less []int64 // with a tenth of the keys
}

// measureStart starts kvist and its references by turns.
func (e *etcd) measureStart() ([]row, error) {
	var s starts
	if _, err := e.ownAnswer(e.many, 0); err != nil { // the first answer is slower for every client
		return nil, err
	}
	for i := range e.rounds {
		e.say("round %d of %d", i+1, e.rounds)
		if err := e.startRound(&s); err != nil {
			return nil, err
		}
	}
	first := row{what: rowFirstTree, kvist: took(s.first.median())}
	own, name := s.limited.median(), fmt.Sprintf("its own answer, keys only, limit %d", sufficient)
	if all := s.all.median(); all < own {
		own, name = all, "its own answer, keys only, all"
	}
	first.reference = took(own) + " " + name
	first.ratio = times(quotient(s.first.median(), own))
	if e.version == "3.4" {
		first.goal = times(firstTreeTimes)
		first = first.judged(quotient(s.first.median(), own) <= firstTreeTimes)
	} else {
		first.goal = took(firstTreeGoal)
		first = first.judged(s.first.median() <= firstTreeGoal)
	}
	ratio := quotient(s.known.median(), s.listing.median())
	peak := median(s.peak)
	further := (float64(median(s.now))-float64(median(s.less)))*1024/float64(e.many.n-e.tenth.n) - keyLength
	furtherPeak := (float64(peak)-float64(median(s.peakTenth)))*1024/float64(e.many.n-e.tenth.n) - keyLength
	return []row{
		first,
		row{
			what: rowAllKnown, kvist: took(s.known.median()),
			reference: took(s.listing.median()) + " `etcdctl get --prefix --keys-only`",
			ratio:     times(ratio), goal: times(allKnownTimes),
		}.judged(ratio <= allKnownTimes),
		row{
			what: rowPeak, kvist: mebibytes(peak) + " (now " + mebibytes(median(s.now)) + ")",
			goal: fmt.Sprintf("%d MiB", peakGoal),
		}.judged(peak <= peakGoal*1024),
		row{
			what: rowFurther, kvist: fmt.Sprintf("%.0f B (%.0f B of the peak)", further, furtherPeak),
			goal: fmt.Sprintf("%d B", furtherGoal),
		}.judged(further < furtherGoal),
	}, nil
}

// startRound measures each once.
func (e *etcd) startRound(s *starts) error {
	d, err := e.ownAnswer(e.many, sufficient)
	if err != nil {
		return err
	}
	s.limited = append(s.limited, d)
	if d, err = e.ownAnswer(e.many, 0); err != nil {
		return err
	}
	s.all = append(s.all, d)
	first, known, m, err := e.startOnce(e.many)
	if err != nil {
		return err
	}
	s.first, s.known = append(s.first, first), append(s.known, known)
	s.peak, s.now = append(s.peak, m.peak), append(s.now, m.now)
	if d, err = wall(e.etcdctl("get", "--prefix", "--keys-only", e.many.prefix+"/")); err != nil {
		return err
	}
	s.listing = append(s.listing, d)
	e.say("kvist: first tree %s, all known %s, %s; the server %s, all %s; etcdctl %s", took(first), took(known), mebibytes(m.peak),
		took(s.limited[len(s.limited)-1]), took(s.all[len(s.all)-1]), took(d))
	if _, _, m, err = e.startOnce(e.tenth); err != nil {
		return err
	}
	s.peakTenth, s.less = append(s.peakTenth, m.peak), append(s.less, m.now)
	return nil
}

// ownAnswer returns how long one range request of keys takes; limit 0 means
// all.
func (e *etcd) ownAnswer(k keyspace, limit int64) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(e.ctx, etcdTimeout)
	defer cancel()
	began := time.Now()
	_, err := e.client.Get(ctx, k.prefix+"/", clientv3.WithPrefix(), clientv3.WithKeysOnly(), clientv3.WithLimit(limit))
	return time.Since(began), err
}

// startOnce starts kvist, and returns what it took until all keys were known.
func (e *etcd) startOnce(k keyspace) (first, known time.Duration, m memory, err error) {
	x, err := e.explore(e.address(k))
	if err != nil {
		return 0, 0, m, err
	}
	defer x.Close()
	if first, known, err = x.starts(service(0), k.n); err != nil {
		return 0, 0, m, err
	}
	m, err = memoryOf(guarded(x.Cmd.Process.Pid))
	return first, known, m, err
}
