package tree

// Children returns the first n rows of what is directly in a folder, and how many
// there are, whatever is open or found by a filter. It costs what it returns.
func (t *Tree) Children(folder string, n int) (rows []Row, all int) {
	rel, ok := t.relative(folder)
	if !ok || n <= 0 {
		return nil, 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.find(rel)
	if r == 0 {
		return nil, 0
	}
	kids := t.at(r).kids
	all = int(t.at(kids).sum.width)
	rows = make([]Row, 0, min(n, all))
	t.level(kids, place{path: append([]byte(folder), '/'), name: len(folder) + 1}, &rows)
	return rows, all
}

// level adds r and its siblings to rows, up to its capacity.
func (t *Tree) level(r ref, p place, rows *[]Row) {
	if r == 0 || len(*rows) == cap(*rows) {
		return
	}
	n := t.at(r)
	t.push(n)
	t.level(n.left, p, rows)
	if len(*rows) < cap(*rows) {
		row := t.row(r, n, append(p.path, t.seg(n)...), p)
		row.Count = int(t.at(n.kids).sum.keys)
		*rows = append(*rows, row)
	}
	t.level(n.right, p, rows)
}
