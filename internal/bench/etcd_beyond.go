package main

import (
	"strings"
	"time"
)

// The targets with more keys than memory may hold.
const (
	// beyondPeakGoal is in MiB: the memory for keys, and half as much again for
	// everything else that the program holds and Go keeps ready.
	beyondPeakGoal = 768
	beyondOpenGoal = time.Second
)

// beyondStage measures with more keys than the explorer may hold in memory.
func (e *etcd) beyondStage() stage {
	open := func() error {
		e.many.n, e.tenth.n, e.few.n = e.beyond, 0, 0
		return e.open()
	}
	return stage{name: "etcd " + e.version + " beyond memory", open: open, close: e.close, sections: []section{
		{[]string{rowBeyondFirst, rowBeyondLive, rowBeyondOpen, rowBeyondPeak}, e.measureBeyond},
	}}
}

// measureBeyond starts kvist, waits until it follows open folders, and opens
// one.
func (e *etcd) measureBeyond() ([]row, error) {
	own, err := e.ownAnswer(e.many, sufficient)
	if err != nil {
		return nil, err
	}
	var first, live, opened sample
	var peak []int64
	for range e.rounds {
		x, err := e.explore(e.address(e.many))
		if err != nil {
			return nil, err
		}
		err = e.beyondRound(x, &first, &live, &opened, &peak)
		x.Close()
		if err != nil {
			return nil, err
		}
	}
	few := quotient(first.median(), own)
	return []row{
		row{
			what: rowBeyondFirst, kvist: took(first.median()) + " of " + grouped(e.many.n) + " keys",
			reference: took(own) + " its own answer", ratio: times(few), goal: took(firstTreeGoal),
		}.judged(first.median() <= firstTreeGoal),
		{what: rowBeyondLive, kvist: took(live.median())},
		row{what: rowBeyondOpen, kvist: took(opened.median()), goal: took(beyondOpenGoal)}.judged(opened.median() <= beyondOpenGoal),
		row{
			what: rowBeyondPeak, kvist: mebibytes(median(peak)), goal: mebibytes(beyondPeakGoal * 1024),
		}.judged(median(peak) <= beyondPeakGoal*1024),
	}, nil
}

// beyondRound measures each once.
func (e *etcd) beyondRound(x *explorer, first, live, opened *sample, peak *[]int64) error {
	d, err := x.firstTree(service(0))
	if err != nil {
		return err
	}
	*first = append(*first, d)
	at, err := x.Await("live with open folders", func() bool { return strings.Contains(x.Line(statusLine), "live (open folders only)") })
	if err != nil {
		return err
	}
	*live = append(*live, at.Sub(x.Began))
	began := time.Now()
	if at, err = x.AwaitAfter("a folder to open", func() error { return x.Type("ggl") }, func() bool { return x.rowOf(region(1)) > 0 }); err != nil {
		return err
	}
	*opened = append(*opened, at.Sub(began))
	m, err := memoryOf(x.Cmd.Process.Pid)
	*peak = append(*peak, m.peak)
	e.say("kvist: first tree %s, open folders %s, a folder opened in %s, %s", took(d), took((*live)[len(*live)-1]), took(at.Sub(began)), mebibytes(m.peak))
	return err
}
