package screen

import "time"

// FrameGap is the silence that ends a frame: a frame is written at once and read
// in pieces, which follow each other much faster than frames do.
const FrameGap = 4 * time.Millisecond

// waiting is for something to be seen. It is looked for whenever bytes came,
// before the next ones are drawn, so that its time is that of the bytes.
type waiting struct {
	ok   func() bool
	seen chan time.Time
}

// Look returns what see finds on the screen, which does not change meanwhile.
func Look[A, B any](t *Terminal, see func() (A, B)) (A, B) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return see()
}

// Drawn returns when the last bytes came that are on the screen; only for Look
// and what awaits.
func (t *Terminal) Drawn() time.Time { return t.at }

// Await waits until ok, which may call Line, Cells and Drawn and nothing else of
// t, and returns when the bytes came that made it so.
func (t *Terminal) Await(what string, ok func() bool) (time.Time, error) {
	return t.AwaitAfter(what, nil, ok)
}

// AwaitAfter is Await for what does not hold before do is done; do may be nil. A
// frame of which a part is yet to come does not count: it is looked at again
// when it has ended.
func (t *Terminal) AwaitAfter(what string, do func() error, ok func() bool) (time.Time, error) {
	t.mu.Lock()
	if do == nil && ok() {
		defer t.mu.Unlock()
		return t.at, nil
	}
	seen := t.expect(ok)
	t.mu.Unlock()
	if do != nil {
		if err := do(); err != nil {
			return time.Time{}, err
		}
	}
	limit := time.NewTimer(t.opts.Patience)
	defer limit.Stop()
	for {
		select {
		case at := <-seen:
			time.Sleep(FrameGap)
			t.mu.Lock()
			if ok() {
				t.mu.Unlock()
				return at, nil
			}
			seen = t.expect(ok)
			t.mu.Unlock()
		case <-t.ended:
			return time.Time{}, &UnseenError{"the program ended before " + what, t.Text()}
		case <-limit.C:
			return time.Time{}, &UnseenError{"waited in vain for " + what, t.Text()}
		}
	}
}

// expect returns where the time comes at which ok holds. The mutex is held.
func (t *Terminal) expect(ok func() bool) <-chan time.Time {
	seen := make(chan time.Time, 1)
	t.wait = &waiting{ok, seen}
	return seen
}

// Settled waits until nothing was written for gap. It returns when the last byte
// came, and how many bytes there were until then.
func (t *Terminal) Settled(gap time.Duration) (at time.Time, bytes int64) {
	for {
		at, bytes = t.Written()
		rest := gap - time.Since(at)
		if rest <= 0 {
			return at, bytes
		}
		time.Sleep(rest)
	}
}

// Until waits until ok, which is asked again whenever the screen has changed and
// may do anything. It returns an UnseenError if that takes too long.
func (t *Terminal) Until(what string, ok func() bool) error {
	limit := time.NewTimer(t.opts.Patience)
	defer limit.Stop()
	for {
		changed := t.Changed()
		if ok() {
			return nil
		}
		select {
		case <-changed:
		case <-t.ended:
			if ok() {
				return nil
			}
			return &UnseenError{"the program ended before " + what, t.Text()}
		case <-limit.C:
			return &UnseenError{"waited in vain for " + what, t.Text()}
		}
	}
}
