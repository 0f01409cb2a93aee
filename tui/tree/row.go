package tree

// Row is one line of the tree as it is shown now.
type Row struct {
	// Key is the full key or path, as every other method takes it; for a joined
	// chain that of the innermost folder.
	Key string
	// Name is the last segment, or the segments of a joined chain with "/"
	// between them. It may be empty, and it is as hostile as the key.
	Name string
	// Depth is how many rows above contain this one.
	Depth int
	// Rails has bit d set if more rows follow at depth d in the same folder, so
	// that the guide of depth d continues. Bit Depth is the row's own: if it is
	// not set, the row is the last in its folder. There are none from depth 64 on.
	Rails uint64

	IsKey    bool // it has a value
	IsFolder bool // something is below it
	Open     bool // a folder whose rows are shown, or will be once they are known
	Unlisted bool // a folder whose content is not known
	// More: there are, or may be, unlisted folders below it, so that there may be
	// more keys than Count.
	More bool
	// Ghost: it is gone, and its row leaves at Expire; IsKey is false. A folder
	// is a ghost if only ghosts are left in it.
	Ghost bool

	Match bool // a filter matches it: itself, not what is below
	// Marked: it is marked, or it is in a folder that is.
	Marked bool
	Marks  int    // marked keys below it, itself not counted
	Partly bool   // something below was taken out of its mark
	Count  int    // keys below it, itself not counted; under a filter only hits
	Index  uint64 // of a key, or of what a ghost last was
	Size   int    // in bytes; -1 if it is not known, and for folders
	Flags  uint8  // of a key, or of what a ghost last was
	// Preview: only the key's name is known.
	Preview bool
	Lit     Light // its own last change, else the last one inside a closed folder
}

// Last reports whether no sibling follows the row.
func (r Row) Last() bool { return r.Rails>>r.Depth&1 == 0 }

// Len returns the number of rows.
func (t *Tree) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rows(t.top, t.view())
}

// Rows returns up to n rows, from the row from on.
func (t *Tree) Rows(from, n int) []Row {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.window(from, n)
}

// window is Rows.
func (t *Tree) window(from, n int) []Row {
	n = min(n, t.rows(t.top, t.view())-from)
	if from < 0 || n <= 0 {
		return nil
	}
	w := window{tree: t, mode: t.view(), skip: from, rows: make([]Row, 0, n)}
	path := append(make([]byte, 0, 128), t.prefix...)
	w.siblings(t.top, place{path: path, name: len(path)})
	return w.rows
}

// JoinChains sets whether a folder that contains one folder and nothing else is
// shown in one row with it: "a/b/c". The chain ends with the first folder that is
// a key too, or contains a key or more than one folder; the row is that folder's.
func (t *Tree) JoinChains(join bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mode = plain
	if join {
		t.mode = joined
	}
}

// window collects rows up to its capacity, after passing over skip.
type window struct {
	tree *Tree
	mode mode
	skip int
	rows []Row
}

// place is where the window is.
type place struct {
	path   []byte // of the folder around, with its "/"
	name   int    // where in the path the row's name begins
	depth  int
	rails  uint64 // of the folders around
	more   bool   // siblings follow
	marked bool   // the folder around is marked, or is in one
}

// siblings collects r, its siblings and what is open below them.
func (w *window) siblings(r ref, p place) {
	t := w.tree
	if r == 0 || len(w.rows) == cap(w.rows) {
		return
	}
	if rows := t.rows(r, w.mode); w.skip >= rows {
		w.skip -= rows
		return
	}
	n := t.at(r)
	t.push(n)
	before, own := p, p
	own.more = p.more || t.rows(n.right, w.mode) > 0
	before.more = own.more || t.ownRows(n, w.mode) > 0
	w.siblings(n.left, before)
	w.one(r, n, own)
	w.siblings(n.right, p)
}

// one collects n, which is r, and what is open below it.
func (w *window) one(r ref, n *node, p place) {
	t := w.tree
	if rows := t.ownRows(n, w.mode); w.skip >= rows {
		w.skip -= rows
		return
	}
	if len(w.rows) == cap(w.rows) {
		return
	}
	path := append(p.path, t.seg(n)...) //nolint:gocritic // each row writes over what the last one appended
	if w.mode == joined && t.link(n) {
		p.path, p.marked = append(path, '/'), p.marked || n.is(isMarkedAll) //nolint:gocritic // as above
		w.siblings(n.kids, p)
		return
	}
	if p.more && p.depth < 64 {
		p.rails |= 1 << p.depth
	}
	if w.skip > 0 {
		w.skip--
	} else {
		w.rows = append(w.rows, t.row(r, n, path, p))
	}
	if t.shows(n, w.mode) {
		w.siblings(n.kids, place{
			path: append(path, '/'), name: len(path) + 1,
			depth: p.depth + 1, rails: p.rails, marked: p.marked || n.is(isMarkedAll),
		})
	}
}

// row returns the row of n, which is r and has this path.
func (t *Tree) row(r ref, n *node, path []byte, p place) Row {
	row := Row{
		Key:      string(path),
		Depth:    p.depth,
		Rails:    p.rails,
		IsKey:    n.is(isKey),
		IsFolder: n.folder(),
		Open:     n.folder() && n.is(isOpen),
		Unlisted: n.is(isUnlisted),
		Count:    int(t.at(n.kids).sum.keys),
		Size:     -1,
		Lit:      t.lightOf(r, n),
	}
	row.Name = row.Key[p.name:]
	if !t.marks.none() {
		t.markRow(&row, n, p.marked)
	}
	if n.kids != 0 && t.unlisted > 0 {
		look := moreLook
		row.More = t.someUnlisted(n.kids, &look)
	}
	row.Ghost = !row.IsKey && row.Count == 0 && !row.Unlisted && !row.More
	if t.view() == filtered {
		row.Open = row.Unlisted && row.Open || t.shows(n, filtered)
		row.Match = n.is(isHit) && n.is(isThing)
		row.Count = int(t.at(n.kids).sum.hits)
	}
	if n.is(isKey | isGhost) {
		row.Index, row.Flags, row.Size = n.index, n.flags, int(n.size)
		row.Preview = n.is(isPreview)
	}
	return row
}

// moreLook is how many nodes are searched for an unlisted folder below a row. If
// there are more nodes, there may be one.
const moreLook = 1000

// someUnlisted reports whether there is, or may be, an unlisted folder among r,
// its siblings and what is below. It looks at no more than look nodes.
func (t *Tree) someUnlisted(r ref, look *int) bool {
	if r == 0 {
		return false
	}
	*look--
	if *look < 0 {
		return true
	}
	n := t.at(r)
	return n.is(isUnlisted) || t.someUnlisted(n.left, look) || t.someUnlisted(n.kids, look) || t.someUnlisted(n.right, look)
}
