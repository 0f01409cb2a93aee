package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"kvist/internal/screen"
)

// The targets of a live tree.
const (
	cursorGoal50, cursorGoal99 = 8 * time.Millisecond, 16 * time.Millisecond
	changeGoal50, changeGoal99 = 20 * time.Millisecond, 60 * time.Millisecond
)

// spread writes the median and the 99th percentile.
func spread(s sample) string { return fmt.Sprintf("p50 %s, p99 %s", took(s.p(50)), took(s.p(99))) }

// pause waits for a random time, so that no measurement falls into step with
// anything periodic.
func pause(least, most time.Duration) {
	time.Sleep(least + rand.N(most-least))
}

// measureCursor moves the cursor while other keys change.
func (e *etcd) measureCursor() ([]row, error) {
	x, err := e.opened(e.many)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	w := e.write(e.many)
	pressed, err := x.presses(e.presses)
	e.say("%d changes while %d keys were pressed", w.wrote.Load(), e.presses)
	if failed := w.end(); err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	return []row{row{
		what: rowCursor, kvist: spread(pressed),
		goal: fmt.Sprintf("p50 %v, p99 %v", cursorGoal50, cursorGoal99),
	}.judged(pressed.p(50) <= cursorGoal50 && pressed.p(99) <= cursorGoal99)}, nil
}

// presses times cursor keys, one after the other, from the key press to the end
// of the frame that shows the cursor moved.
func (e *explorer) presses(n int) (sample, error) {
	var s sample
	at, of := screen.Look(e.Terminal, e.position)
	for i := range n {
		pause(20*time.Millisecond, 80*time.Millisecond)
		key, ok := "j", func(now int) bool { return now == at+1 }
		switch {
		case i%10 == 4 && at < of-2*lines: // half a page
			key, ok = "\x04", func(now int) bool { return now > at+1 }
		case i%10 == 9 && at > lines:
			key, ok = "\x15", func(now int) bool { return now < at-1 }
		case i%3 == 2 && at > 1 || at == of:
			key, ok = "k", func(now int) bool { return now == at-1 }
		}
		var began time.Time
		_, err := e.AwaitAfter("the cursor to move", func() error {
			began = time.Now()
			return e.Type(key)
		}, func() bool {
			now, _ := e.position()
			return now > 0 && ok(now)
		})
		if err != nil {
			return nil, err
		}
		end, _ := e.Settled(screen.FrameGap)
		s = append(s, end.Sub(began))
		at, _ = screen.Look(e.Terminal, e.position)
	}
	return s, nil
}

// measureChange changes keys on the screen, and waits for them there and in the
// output of etcdctl watch.
func (e *etcd) measureChange() ([]row, error) {
	x, err := e.opened(e.many)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	watch, err := e.watch(e.many.prefix)
	if err != nil {
		return nil, err
	}
	defer watch.end()
	var kvist, reference sample
	for i := range e.changes {
		key, y, err := e.calmRow(x)
		if err != nil {
			return nil, err
		}
		pause(60*time.Millisecond, 140*time.Millisecond)
		value := fmt.Sprintf("change %d", i)
		told := watch.expect(value)
		var began time.Time
		at, err := x.AwaitAfter("the change of "+key, func() error {
			began = time.Now()
			return e.put(key, value)
		}, func() bool { return x.changed(y) })
		if err != nil {
			return nil, err
		}
		kvist = append(kvist, at.Sub(began))
		select {
		case at := <-told:
			reference = append(reference, at.Sub(began))
		case <-time.After(patience):
			return nil, fmt.Errorf("etcdctl watch did not tell of %s", key)
		}
	}
	d50, d99 := kvist.p(50)-reference.p(50), kvist.p(99)-reference.p(99)
	return []row{row{
		what: rowChange, kvist: spread(kvist), reference: spread(reference) + " `etcdctl watch`, of the same writes",
		ratio: fmt.Sprintf("p50 %+.1f ms, p99 %+.1f ms", d50.Seconds()*1e3, d99.Seconds()*1e3),
		goal:  fmt.Sprintf("within p50 %v, p99 %v", changeGoal50, changeGoal99),
	}.judged(d50 <= changeGoal50 && d99 <= changeGoal99)}, nil
}

// calmRow finds a key on the screen that has not changed recently, or a page
// further down if there is none.
func (e *etcd) calmRow(x *explorer) (key string, y int, err error) {
	for range 1000 {
		key, y = screen.Look(x.Terminal, func() (string, int) {
			for y := lines - 4; y >= firstRow; y-- {
				sign, text := x.row(y)
				if n, ok := number(text); ok && sign == ' ' && n < e.many.n {
					return e.many.key(n), y
				}
			}
			return "", 0
		})
		if key != "" {
			return key, y, nil
		}
		before, _ := screen.Look(x.Terminal, x.position)
		_, err = x.AwaitAfter("the next page", func() error { return x.Type("\x04") }, func() bool {
			at, _ := x.position()
			return at > before
		})
		if err != nil {
			return "", 0, err
		}
		x.Settled(50 * time.Millisecond)
	}
	return "", 0, &screen.UnseenError{What: "no row that did not change", Screen: x.Text()}
}
