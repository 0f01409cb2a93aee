package kv

import "bytes"

// v3Shape is what a listing has learned of how keys are spread: byte by byte,
// how many keys share a beginning of that length, and which bytes come next.
// Names are made by rules (digits that count up, words, hashes), so that what
// is below one folder foretells what is below the next. It only guesses: what
// is listed does not depend on it, but how many keys a range holds does.
type v3Shape struct {
	base  int    // bytes that all keys of the span begin with
	last  []byte // the last key seen
	total int    // keys seen
	// since[i] is how many keys had come before the first that shares
	// last[:i+1]. Beyond its end last shares with no other key.
	since  []int
	levels []v3Level
}

// v3Level is what is known of one position in the keys.
type v3Level struct {
	size  int       // keys that share a beginning that ends here; 0: not known
	bytes [4]uint64 // the bytes seen here, as a set
	final int       // the last byte here in what is known to have ended; -1: not known
}

// v3ShapeAhead is for how many positions behind the first that differs the
// bytes of a key are noted.
const v3ShapeAhead = 64

// learn notes a key; keys come in order.
func (s *v3Shape) learn(key []byte) {
	p := commonLen(s.last, key)
	if s.total > 0 {
		s.ended(p)
	}
	for len(s.since) < p { // the last key is no longer alone there
		s.since = append(s.since, s.total-1)
	}
	if p < len(key) {
		s.since = append(s.since, s.total)
	}
	for i := p; i < min(len(key), p+v3ShapeAhead); i++ {
		for i >= len(s.levels) {
			s.levels = append(s.levels, v3Level{final: -1})
		}
		s.levels[i].bytes[key[i]>>6] |= 1 << (key[i] & 63)
	}
	s.last = append(s.last[:0], key...)
	s.total++
}

// passed notes that there are no keys between the last and end.
func (s *v3Shape) passed(end string) {
	if s.total > 0 && end > string(s.last) {
		s.ended(commonLen(s.last, []byte(end)))
	}
}

// ended notes that no more keys share with the last one its byte at p.
func (s *v3Shape) ended(p int) {
	for i := p; i < len(s.since); i++ {
		level := &s.levels[i]
		size := s.total - s.since[i]
		if level.size > 0 {
			size = max(1, (3*level.size+size)/4)
		}
		level.size = size
		if i > p {
			level.final = int(s.last[i])
		}
	}
	s.since = s.since[:min(p, len(s.since))]
}

// level is what is known of a position; false when nothing is.
func (s *v3Shape) level(i int) (v3Level, bool) {
	if i >= len(s.levels) || s.levels[i].bytes == [4]uint64{} {
		return v3Level{final: -1}, false
	}
	return s.levels[i], true
}

// next is the byte that is likely to come after b, or false when none is.
func (l *v3Level) next(b byte) (byte, bool) {
	if l.final >= 0 && int(b) >= l.final {
		return 0, false
	}
	for c := int(b) + 1; c < 256; c++ {
		if l.bytes[c>>6]&(1<<(c&63)) != 0 {
			return byte(c), true
		}
	}
	return b + 1, l.final < 0 && b < 255
}

// least is the smallest byte seen.
func (l *v3Level) least() byte {
	b, _ := (&v3Level{bytes: l.bytes, final: 255}).next(0)
	if l.bytes[0]&1 != 0 {
		return 0
	}
	return b
}

// reach is a key before which, from start on, there are likely to be so many
// keys; ahead of those between the last key and start are still to be seen.
// "" when there is no telling.
func (s *v3Shape) reach(start string, ahead, want int) string {
	walk := v3Walk{shape: s, at: []byte(start), want: want, enough: want / 4}
	split := commonLen(s.last, walk.at)
	for i := s.base; ; i++ {
		level, ok := s.level(i)
		if i == len(walk.at) {
			if !ok {
				return after(start[:min(split+1, len(start))])
			}
			walk.at = append(walk.at, level.least())
		}
		left := level.size
		if i < split && i < len(s.since) {
			left -= s.total - s.since[i] + ahead
			if left <= 0 && i+1 < split && i+1 < len(s.since) {
				continue // there are more than were expected: what is inside tells better
			}
			left = max(0, left)
		}
		if level.size > 0 && left <= want {
			walk.want -= left
			return walk.from(i)
		}
	}
}

// leap is a key to look for keys before, when none was found from the last one
// to start: each time four times as far away, at the position where they
// differ, and then one position before. Where names may count on, they are
// expected to.
func (s *v3Shape) leap(start string, want int) string {
	p := commonLen(s.last, []byte(start))
	if p >= len(start) || p >= len(s.last) {
		return s.reach(start, 0, want)
	}
	at, from := start[p], s.last[p]
	level, _ := s.level(p)
	if len(start) == p+1 && at == from+1 && (isDigit(at) && isDigit(from) || level.bytes != bit(from)) {
		return s.reach(start, 0, want)
	}
	to := int(at) + 3*int(at-from)
	if to > 255 || level.final >= 0 && int(at) > level.final {
		return after(start[:p])
	}
	return start[:p] + string([]byte{byte(to)})
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// bit is the set of a single byte.
func bit(b byte) (set [4]uint64) {
	set[b>>6] = 1 << (b & 63)
	return set
}

// after is the first key behind all that begin with prefix; "" when there is
// none.
func after(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 255 {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}

// v3Walk goes over keys as they are likely to be.
type v3Walk struct {
	shape  *v3Shape
	at     []byte
	want   int // keys still to go
	enough int // so few need not be gone
}

// v3WalkMost bounds the steps of a walk.
const v3WalkMost = 4096

// from walks on from behind all that begin with at[:i+1].
func (w *v3Walk) from(i int) string {
	for range v3WalkMost {
		level, _ := w.shape.level(i)
		b, ok := level.next(w.at[i])
		if !ok {
			if i <= w.shape.base {
				return ""
			}
			i--
			continue
		}
		w.at = append(w.at[:i], b)
		for level.size == 0 || level.size > w.want { // it ends inside
			deeper, ok := w.shape.level(i + 1)
			if !ok || w.want <= w.enough {
				return string(w.at)
			}
			i++
			level = deeper
			w.at = append(w.at, level.least())
		}
		w.want -= level.size
	}
	return string(w.at)
}

// commonLen is how many bytes two keys begin with in common.
func commonLen(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for i+16 <= n && bytes.Equal(a[i:i+16], b[i:i+16]) {
		i += 16
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}
