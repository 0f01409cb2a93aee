package tui

import (
	"time"

	"kvist/internal/explain"
)

// noticeFor is how long good news stays on the bottom line. Bad news stays
// until a key was pressed after it could be read.
const noticeFor = 6 * time.Second

// notice is the one thing that the program has to say just now.
type notice struct {
	text string
	bad  bool
	at   time.Time
}

// say tells something that is as it should be.
func (n *notice) say(now time.Time, text string) { *n = notice{text: text, at: now} }

// warn tells something that asks for attention.
func (n *notice) warn(now time.Time, text string) { *n = notice{text: text, bad: true, at: now} }

// fail tells an error, and what to do about it.
func (n *notice) fail(now time.Time, err error) { n.warn(now, explain.Error(err)) }

// fades reports whether the notice will go by itself.
func (n *notice) fades() bool { return n.text != "" && !n.bad }

// expire takes away what has been shown for long enough.
func (n *notice) expire(now time.Time) {
	if n.fades() && now.Sub(n.at) >= noticeFor {
		*n = notice{}
	}
}

// seen takes away bad news that had time to be read when a key is pressed.
func (n *notice) seen(now time.Time) {
	if n.bad && now.Sub(n.at) >= time.Second {
		*n = notice{}
	}
}
