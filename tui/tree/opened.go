package tree

// OpenFolders returns at most most folders that are open and shown, those around
// a folder before it. It costs O(rows shown), less where a folder has only keys.
func (t *Tree) OpenFolders(most int) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := opened{tree: t, most: most}
	o.siblings(t.top, append(make([]byte, 0, 128), t.prefix...))
	return o.folders
}

// opened collects open folders.
type opened struct {
	tree    *Tree
	most    int
	folders []string
}

// siblings collects the open folders among r, its siblings and what is below.
func (o *opened) siblings(r ref, path []byte) {
	if r == 0 || len(o.folders) == o.most {
		return
	}
	t := o.tree
	n := t.at(r)
	if s := &n.sum; t.unlistedKeys == 0 && s.keys == s.width && s.all[plain] == s.width {
		return // only keys, with nothing below them
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
