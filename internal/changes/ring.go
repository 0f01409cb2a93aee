package changes

// maxBytes bounds the keys of the changes that a ring keeps, in bytes: one key
// may take a megabyte.
const maxBytes = 4 << 20

// ring keeps the latest changes. Each has a number, counted from 0, as long as
// it is kept.
type ring struct {
	slots []Change // the change of number n is slots[n % max]
	max   int
	first uint64 // number of the oldest change that is kept
	next  uint64 // number of the change that will come next
	bytes int    // of the keys
}

// len returns how many changes are kept.
func (r *ring) len() int { return int(r.next - r.first) }

// get returns a change that is kept.
func (r *ring) get(n uint64) *Change { return &r.slots[n%uint64(r.max)] }

// push adds a change and drops the oldest ones where there is no room.
func (r *ring) push(c Change) {
	for r.len() > 0 && (r.len() == r.max || r.bytes+len(c.Key) > maxBytes) {
		r.drop()
	}
	if len(r.slots) < r.max {
		r.slots = append(r.slots, c)
	} else {
		*r.get(r.next) = c
	}
	r.next++
	r.bytes += len(c.Key)
}

// drop forgets the oldest change.
func (r *ring) drop() {
	old := r.get(r.first)
	r.bytes -= len(old.Key)
	*old = Change{}
	r.first++
}
