package changes

import "slices"

// list is the rows that can be shown: the changes of keys that fit a filter,
// and all marks, since they say what the changes are worth.
type list struct {
	ring
	fits    func(key string) bool // nil: all fit
	matches []uint64              // numbers of the changes that fit, if there is a filter
}

// push adds a change.
func (l *list) push(c Change) {
	l.ring.push(c)
	if l.fits == nil {
		return
	}
	l.match(l.next - 1)
	for len(l.matches) > 0 && l.matches[0] < l.first {
		l.matches = l.matches[1:]
	}
}

// match adds a change to the matches if it fits.
func (l *list) match(n uint64) {
	if c := l.get(n); c.Kind.Mark() || l.fits(c.Key) {
		l.matches = append(l.matches, n)
	}
}

// filter shows only the changes of keys that fit; nil shows all.
func (l *list) filter(fits func(key string) bool) {
	l.fits, l.matches = fits, nil
	if fits == nil {
		return
	}
	for n := l.first; n < l.next; n++ {
		l.match(n)
	}
}

// rows returns how many rows there are.
func (l *list) rows() int {
	if l.fits == nil {
		return l.len()
	}
	return len(l.matches)
}

// number returns the number of the change in a row.
func (l *list) number(row int) uint64 {
	if l.fits == nil {
		return l.first + uint64(row)
	}
	return l.matches[row]
}

// row returns the row of the change of a number, or the nearest one; -1 if
// there are none.
func (l *list) row(n uint64) int {
	row := int(max(n, l.first) - l.first)
	if l.fits != nil {
		row, _ = slices.BinarySearch(l.matches, n)
	}
	return min(row, l.rows()-1)
}
