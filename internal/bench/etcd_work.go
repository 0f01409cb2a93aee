package main

import (
	"fmt"
	"slices"
	"time"

	"kvist/internal/screen"
)

// The targets of work and silence.
const (
	workTimes  = 2.0
	idleGoal   = 0.5 // percent of a core
	cursorGoal = 1_500
	liveGoal   = 200
)

// quiet is the silence that ends everything that a key press brings, such as
// the value of the key under the cursor.
const quiet = 60 * time.Millisecond

// measureWork compares what a change costs among many keys and among few.
func (e *etcd) measureWork() ([]row, error) {
	many, few := []float64{}, []float64{}
	for i := range e.rounds {
		for _, c := range []struct {
			keys keyspace
			to   *[]float64
		}{{e.many, &many}, {e.few, &few}} {
			cost, err := e.workPerChange(c.keys)
			if err != nil {
				return nil, err
			}
			*c.to = append(*c.to, cost)
			e.say("round %d: %.0f µs per change among %s keys", i+1, cost, grouped(c.keys.n))
		}
	}
	ratio := median(many) / median(few)
	return []row{row{
		what: rowWork, kvist: fmt.Sprintf("%.0f µs", median(many)),
		reference: fmt.Sprintf("%.0f µs among %s keys", median(few), grouped(e.few.n)),
		ratio:     times(ratio), goal: times(workTimes),
	}.judged(ratio <= workTimes)}, nil
}

// workPerChange returns the processor time, in microseconds, that kvist takes
// for a change while everything is open.
func (e *etcd) workPerChange(k keyspace) (float64, error) {
	x, err := e.opened(k)
	if err != nil {
		return 0, err
	}
	defer x.Close()
	w := e.write(k)
	defer w.stop()
	time.Sleep(e.busy / 5) // until it runs evenly
	wrote := w.wrote.Load()
	before, err := processorTime(guarded(x.Cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	time.Sleep(e.busy)
	after, err := processorTime(guarded(x.Cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	wrote = w.wrote.Load() - wrote
	if err := w.end(); err != nil {
		return 0, err
	}
	if wrote == 0 {
		return 0, fmt.Errorf("nothing was written in %v", e.busy)
	}
	return float64((after - before).Microseconds()) / float64(wrote), nil
}

// measureIdle watches a program that knows all keys while nothing changes.
func (e *etcd) measureIdle() ([]row, error) {
	x, err := e.explorer(e.many)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	time.Sleep(e.calm)
	before, err := processorTime(guarded(x.Cmd.Process.Pid))
	if err != nil {
		return nil, err
	}
	_, wrote := x.Written()
	time.Sleep(e.idle)
	after, err := processorTime(guarded(x.Cmd.Process.Pid))
	if err != nil {
		return nil, err
	}
	_, bytes := x.Written()
	bytes -= wrote
	share := 100 * float64(after-before) / float64(e.idle)
	return []row{
		row{
			what: rowIdle, kvist: fmt.Sprintf("%.2f %% of a core over %v", share, e.idle),
			goal: fmt.Sprintf("%v %%", idleGoal),
		}.judged(share < idleGoal),
		row{
			what: rowIdleBytes, kvist: fmt.Sprintf("%d B over %v", bytes, e.idle), goal: "0 B",
		}.judged(bytes == 0),
	}, nil
}

// measureBytes counts what goes to the terminal.
func (e *etcd) measureBytes() ([]row, error) {
	x, err := e.opened(e.many)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	pressed, err := x.cursorBytes(e.presses / 3)
	if err != nil {
		return nil, err
	}
	frames, all, err := e.changeBytes(x, min(30, e.changes))
	if err != nil {
		return nil, err
	}
	return []row{
		row{
			what:  rowCursorBytes,
			kvist: fmt.Sprintf("mean %.0f B, most %d B", mean(pressed), slices.Max(pressed)), goal: fmt.Sprintf("%d B", cursorGoal),
		}.judged(mean(pressed) < cursorGoal),
		row{
			what:  rowChangeBytes,
			kvist: fmt.Sprintf("%.0f B to show it, %.0f B until it has faded", mean(frames), all), goal: fmt.Sprintf("%d B", liveGoal),
		}.judged(mean(frames) < liveGoal),
	}, nil
}

// cursorBytes counts the bytes after each press of the cursor key, those of the
// key's value included. About half of the presses scroll.
func (e *explorer) cursorBytes(n int) ([]int64, error) {
	var all []int64
	at, _ := screen.Look(e.Terminal, e.position)
	e.Settled(quiet)
	for range n {
		_, before := e.Written()
		if err := e.goTo(at+1, "j"); err != nil {
			return nil, err
		}
		at++
		_, after := e.Settled(quiet)
		all = append(all, after-before)
	}
	return all, nil
}

// changeBytes counts the bytes of changes of keys on the screen: of each until
// it is shown, and the average of all until the last has faded.
func (e *etcd) changeBytes(x *explorer, n int) (frames []int64, all float64, err error) {
	x.Settled(e.faded / 4)
	_, first := x.Written()
	for i := range n {
		key, y, err := e.calmRow(x)
		if err != nil {
			return nil, 0, err
		}
		x.Settled(quiet)
		_, before := x.Written()
		_, err = x.AwaitAfter("the change of "+key, func() error { return e.put(key, fmt.Sprintf("bytes %d", i)) },
			func() bool { return x.changed(y) })
		if err != nil {
			return nil, 0, err
		}
		_, after := x.Settled(screen.FrameGap)
		frames = append(frames, after-before)
	}
	time.Sleep(e.faded)
	_, last := x.Written()
	return frames, float64(last-first) / float64(n), nil
}
