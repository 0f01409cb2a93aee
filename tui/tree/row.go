package tree

// Row is one line of the tree as it is open now.
type Row struct {
	// Key is the full key or path: what every other method takes. Of a
	// joined chain it is the innermost folder's.
	Key string
	// Name is the last segment, or a joined chain's segments with "/"
	// between them. It may be empty, and it is as hostile as the key.
	Name string
	// Depth is the number of rows above it that it is inside of.
	Depth int
	// Rails has bit d set when more rows follow, further down, at depth d in
	// the same folder: where the guide of depth d goes on. Bit Depth is the
	// row's own: unset, it is the last in its folder. From depth 64 on there
	// are none.
	Rails uint64

	IsKey    bool // it has a value
	IsFolder bool // something is below it
	Open     bool // a folder whose rows are shown, or will be once they are known
	Unlisted bool // a folder of which nothing below is known
	// More: there are, or may be, unlisted folders below it, so that Count is
	// not all there is.
	More bool
	// Ghost: it is gone, and its row leaves at Expire. A folder is a ghost
	// when only ghosts are left in it. IsKey is false then.
	Ghost bool

	Match bool   // a filter is set and finds it: itself, not what is below
	Count int    // keys below it, itself not counted; with a filter, those it finds
	Index uint64 // of a key, or of what a ghost last was
	Size  int    // bytes; -1 when not known, and for folders alone
	Flags uint8  // of a key, or of what a ghost last was
	// Preview: only the key's name is known.
	Preview bool
	Lit     Light // its own last change, else the last one inside it while it is closed
}

// Last reports whether no sibling follows the row.
func (r Row) Last() bool { return r.Rails>>r.Depth&1 == 0 }

// Len is the number of rows.
func (t *Tree) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rows(t.top, t.view())
}

// Rows is at most n rows beginning with the row from, fewer at the end.
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

// JoinChains sets whether folders that hold one folder and nothing else are
// shown in one row with it: "a/b/c". The first folder that is a key, holds
// more than one thing, or holds a key alone ends the chain, and the row is
// that folder's.
func (t *Tree) JoinChains(join bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mode = plain
	if join {
		t.mode = joined
	}
}

// window gathers rows until its capacity is reached, after passing over skip.
type window struct {
	tree *Tree
	mode mode
	skip int
	rows []Row
}

// place is where the window has come to.
type place struct {
	path  []byte // of everything here, up to and with the last "/"
	name  int    // where in the path the row's name begins
	depth int
	rails uint64 // of the folders around
	more  bool   // siblings follow
}

// siblings gathers r, its siblings and what is open below them.
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

// one gathers n, which is r, and what is open below it.
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
		p.path = append(path, '/') //nolint:gocritic // as above
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
			depth: p.depth + 1, rails: p.rails,
		})
	}
}

// row is the row of n, which is r, and whose whole path is path.
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

// moreLook is how many nodes are looked at for a row to find an unlisted folder
// below it. Where there are more, there may be one.
const moreLook = 1000

// someUnlisted reports whether an unlisted folder is among r, its siblings and
// what is below, or may be: no more than so many nodes are looked at.
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
