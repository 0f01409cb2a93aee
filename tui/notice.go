package tui

import (
	"time"

	"kvist/internal/explain"
)

// noticeFor is how long good news stays. A warning stays until a key is pressed
// after there was time to read it.
const noticeFor = 6 * time.Second

// notice is the one message that the screen shows.
type notice struct {
	text string
	bad  bool
	at   time.Time
}

// say shows good news.
func (n *notice) say(now time.Time, text string) { *n = notice{text: text, at: now} }

// warn shows a warning.
func (n *notice) warn(now time.Time, text string) { *n = notice{text: text, bad: true, at: now} }

// fail shows an error and what to do about it.
func (n *notice) fail(now time.Time, err error) { n.warn(now, explain.Error(err)) }

// fades reports whether the notice goes by itself.
func (n *notice) fades() bool { return n.text != "" && !n.bad }

// expire removes good news that was shown long enough.
func (n *notice) expire(now time.Time) {
	if n.fades() && now.Sub(n.at) >= noticeFor {
		*n = notice{}
	}
}

// seen removes a warning that could be read, when a key is pressed.
func (n *notice) seen(now time.Time) {
	if n.bad && now.Sub(n.at) >= time.Second {
		*n = notice{}
	}
}
