package tree

// OpenFolders are the folders that are open and whose rows are shown, as far
// as all around them are open too: the outermost first among those of one
// branch, at most so many. It costs the rows that are shown, but
// for keys side by side.
func (t *Tree) OpenFolders(most int) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := opened{tree: t, most: most}
	o.siblings(t.top, append(make([]byte, 0, 128), t.prefix...))
	return o.folders
}

// opened gathers open folders.
type opened struct {
	tree    *Tree
	most    int
	folders []string
}

// siblings gathers those among r, its siblings and what is below them.
func (o *opened) siblings(r ref, path []byte) {
	if r == 0 || len(o.folders) == o.most {
		return
	}
	t := o.tree
	n := t.at(r)
	if s := &n.sum; t.unlistedKeys == 0 && s.keys == s.width && s.all[plain] == s.width {
		return // keys, with nothing below them
	}
	t.push(n)
	o.siblings(n.left, path)
	if n.folder() && n.is(isOpen) && len(o.folders) < o.most {
		own := append(path, t.seg(n)...) //nolint:gocritic // each folder writes over what the last one appended
		o.folders = append(o.folders, string(own))
		o.siblings(n.kids, append(own, '/'))
	}
	o.siblings(n.right, path)
}
