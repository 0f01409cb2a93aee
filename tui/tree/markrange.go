package tree

// MarkHits marks keys that the filter finds, at most most of them, the first behind
// the key from, or from the start for "". It returns the last one, and whether there
// are no more. Without a filter there are none.
func (t *Tree) MarkHits(from string, most int) (last string, done bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	rank := 0
	if rel, below := t.relative(from); below && from != "" {
		before, hit := t.hitRank(rel)
		if rank = before; hit {
			rank++
		}
	}
	last = from
	for ; most > 0 && rank < t.hits(); most-- {
		last = t.hitAt(uint32(rank))
		t.mark(last[len(t.prefix):], true, false)
		rank++
	}
	return last, rank >= t.hits()
}

// MarkRows marks what the rows from one key to another show, at most most of them at a
// time. A folder whose rows are all among them is marked as a
// folder, unless there is a filter: then only what that finds is marked. It returns
// the key to go on from, and whether it is done.
func (t *Tree) MarkRows(from, to string, most int) (next string, done bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	first, last, ok := t.between(from, to)
	if !ok {
		return "", true
	}
	for row := first; row <= last; most-- {
		rows := t.window(row, 1)
		if len(rows) == 0 {
			return "", true
		}
		r := rows[0]
		if most <= 0 {
			return r.Key, false
		}
		rel := r.Key[len(t.prefix):]
		at, _ := t.descend(rel)
		n := t.at(at)
		size := 1
		if t.view() != filtered && n.folder() && r.Open {
			size += t.rows(n.kids, t.view())
		}
		switch {
		case t.view() == filtered:
			if r.Match {
				t.mark(rel, true, false)
			}
			row++
		case row+size-1 <= last:
			t.mark(rel, true, true)
			row += size
		default:
			t.mark(rel, true, false)
			row++
		}
	}
	return "", true
}

// between returns the rows of two keys, or the nearest ones, in their order; not ok
// if there are no rows.
func (t *Tree) between(a, b string) (first, last int, ok bool) {
	if t.rows(t.top, t.view()) == 0 {
		return 0, 0, false
	}
	row := func(key string) int {
		rel, below := t.relative(key)
		if !below {
			return 0
		}
		at, _ := t.seek(rel)
		return at
	}
	first, last = row(a), row(b)
	return min(first, last), max(first, last), true
}

// Between returns the numbers of the rows of two keys, or of the nearest ones, in
// their order, and how many keys they stand for: with a filter, those that it finds.
func (t *Tree) Between(a, b string) (first, last, keys int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	first, last, ok := t.between(a, b)
	if !ok {
		return 0, -1, 0
	}
	of := func(s *sums) uint32 { return s.keys }
	if t.view() == filtered {
		of = func(s *sums) uint32 { return s.hits }
	}
	rows := []Row{t.window(first, 1)[0], t.window(last, 1)[0]}
	before, _ := t.count(rows[0].Key[len(t.prefix):], of)
	until, n := t.count(rows[1].Key[len(t.prefix):], of)
	until += int(of(&n.sum) - of(&t.at(n.left).sum) - of(&t.at(n.right).sum))
	if rows[1].Open && (first != last || t.view() == filtered) {
		until -= int(of(&t.at(n.kids).sum)) // their rows come later
	}
	return first, last, until - before
}
