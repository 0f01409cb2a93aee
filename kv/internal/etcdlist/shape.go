package etcdlist

import "bytes"

// shape is what a listing has learned about how keys are spread: for each position in the keys, how
// many keys share a beginning of that length, and which bytes come next. Names follow rules (digits
// that count up, words, hashes), so what is below one folder predicts what is below the next.
//
// It only predicts: it decides how many keys a range holds, never what is listed.
type shape struct {
	base  int    // bytes that all keys of the span begin with
	last  []byte // the last key learned
	total int    // keys learned
	// since[i] is how many keys came before the first that shares last[:i+1]. Positions beyond its
	// end, last shares with no other key.
	since     []int
	positions []position
}

// position is what is known of one position in the keys.
type position struct {
	size  int       // keys that share a beginning that ends here; 0 if not known
	bytes [4]uint64 // the bytes seen here, as a set
	final int       // the last byte here below a beginning that is complete; -1 if not known
}

// shapeAhead is how many bytes of a key are noted from the first that differs.
const shapeAhead = 64

// learn notes a key. Keys must come in order.
func (s *shape) learn(key []byte) {
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
	for i := p; i < min(len(key), p+shapeAhead); i++ {
		for i >= len(s.positions) {
			s.positions = append(s.positions, position{final: -1})
		}
		s.positions[i].bytes[key[i]>>6] |= 1 << (key[i] & 63)
	}
	s.last = append(s.last[:0], key...)
	s.total++
}

// passed notes that there are no keys between the last one and end.
func (s *shape) passed(end string) {
	if s.total > 0 && end > string(s.last) {
		s.ended(commonLen(s.last, []byte(end)))
	}
}

// ended notes that no further key shares the byte at p with the last one.
func (s *shape) ended(p int) {
	for i := p; i < len(s.since); i++ {
		at := &s.positions[i]
		size := s.total - s.since[i]
		if at.size > 0 {
			size = max(1, (3*at.size+size)/4)
		}
		at.size = size
		if i > p {
			at.final = int(s.last[i])
		}
	}
	s.since = s.since[:min(p, len(s.since))]
}

// position returns what is known of a position, and reports whether that is anything.
func (s *shape) position(i int) (position, bool) {
	if i >= len(s.positions) || s.positions[i].bytes == [4]uint64{} {
		return position{final: -1}, false
	}
	return s.positions[i], true
}

// next returns the byte that is likely to come after b, and reports whether any is.
func (p *position) next(b byte) (byte, bool) {
	if p.final >= 0 && int(b) >= p.final {
		return 0, false
	}
	for c := int(b) + 1; c < 256; c++ {
		if p.bytes[c>>6]&(1<<(c&63)) != 0 {
			return byte(c), true
		}
	}
	return b + 1, p.final < 0 && b < 255
}

// least returns the smallest byte seen.
func (p *position) least() byte {
	b, _ := (&position{bytes: p.bytes, final: 255}).next(0)
	if p.bytes[0]&1 != 0 {
		return 0
	}
	return b
}

// reach returns a key such that likely as many keys as wanted are between start and it. So many
// keys as ahead are expected between the last key and start. It returns "" if it cannot predict.
func (s *shape) reach(start string, ahead, wanted int) string {
	walk := walk{shape: s, at: []byte(start), wanted: wanted, enough: wanted / 4}
	split := commonLen(s.last, walk.at)
	for i := s.base; ; i++ {
		here, ok := s.position(i)
		if i == len(walk.at) {
			if !ok {
				return after(start[:min(split+1, len(start))])
			}
			walk.at = append(walk.at, here.least())
		}
		left := here.size
		if i < split && i < len(s.since) {
			left -= s.total - s.since[i] + ahead
			if left <= 0 && i+1 < split && i+1 < len(s.since) {
				continue // more keys than were predicted: a longer beginning predicts better
			}
			left = max(0, left)
		}
		if here.size > 0 && left <= wanted {
			walk.wanted -= left
			return walk.from(i)
		}
	}
}

// leap returns a key to look for keys before, when there are none from the last one to start. Each
// leap goes four times as far, at the position where the two differ, and then at the position
// before it. Where names count up, it expects them to.
func (s *shape) leap(start string, wanted int) string {
	p := commonLen(s.last, []byte(start))
	if p >= len(start) || p >= len(s.last) {
		return s.reach(start, 0, wanted)
	}
	at, from := start[p], s.last[p]
	here, _ := s.position(p)
	if len(start) == p+1 && at == from+1 && (isDigit(at) && isDigit(from) || here.bytes != setOf(from)) {
		return s.reach(start, 0, wanted)
	}
	to := int(at) + 3*int(at-from)
	if to > 255 || here.final >= 0 && int(at) > here.final {
		return after(start[:p])
	}
	return start[:p] + string([]byte{byte(to)})
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// setOf returns the set that holds one byte.
func setOf(b byte) (set [4]uint64) {
	set[b>>6] = 1 << (b & 63)
	return set
}

// walk passes over keys as they are predicted.
type walk struct {
	shape  *shape
	at     []byte
	wanted int // keys still to be passed
	enough int // the walk may end early when so few are left
}

// walkMost bounds the steps of a walk.
const walkMost = 4096

// from walks on from behind all keys that begin with at[:i+1], and returns where it ends.
func (w *walk) from(i int) string {
	for range walkMost {
		here, _ := w.shape.position(i)
		b, ok := here.next(w.at[i])
		if !ok {
			if i <= w.shape.base {
				return ""
			}
			i--
			continue
		}
		w.at = append(w.at[:i], b)
		for here.size == 0 || here.size > w.wanted { // the walk ends inside
			deeper, ok := w.shape.position(i + 1)
			if !ok || w.wanted <= w.enough {
				return string(w.at)
			}
			i++
			here = deeper
			w.at = append(w.at, here.least())
		}
		w.wanted -= here.size
	}
	return string(w.at)
}

// commonLen returns the length of the beginning that two keys share.
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
