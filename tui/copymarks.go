package tui

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/kv"
	"kvist/tui/tree"
)

// copyMost bounds what is copied to the clipboard of marks.
const copyMost = 16 << 20

// errCopyMost says that marks are more than a clipboard should take.
var errCopyMost = errors.New("together they have more than " + sized(copyMost) + ": an export is the way for so many")

// errMasked says that a value among several may not go to the clipboard unseen.
var errMasked = errors.New("the profile masks values among them, which are copied one by one, once they are shown")

// copyMarks copies the names of what is marked, or the values of the marked keys, a
// line each, in the order of the rows.
func (m *Model) copyMarks(of targets, values bool) tea.Cmd {
	ctx, store, masked := m.ctx, m.store, m.opts.Masked
	return func() tea.Msg {
		r := marksRead{what: "the names of " + of.words()}
		if values {
			r.what = "the values of " + of.words()
			r.text, r.err = of.values(ctx, store, masked)
		} else {
			r.text, r.err = of.names()
		}
		return r
	}
}

// names returns the names of the targets, a line each; a folder has a slash at its end.
func (t targets) names() (string, error) {
	var b strings.Builder
	for one := range t.all() {
		b.WriteString(one.Key)
		if one.folder {
			b.WriteString("/")
		}
		b.WriteString("\n")
		if b.Len() > copyMost {
			return "", errCopyMost
		}
	}
	return b.String(), nil
}

// values reads the values of the targets' keys, a line each. Those of a folder are
// those of all keys in it that the tree knows. A masked one is errMasked.
func (t targets) values(ctx context.Context, store kv.Store, masked func(string) bool) (string, error) {
	var b strings.Builder
	var keys []string
	read := func() error {
		found := map[string][]byte{}
		unread, err := kv.ReadNodes(ctx, store, keys, func(n *kv.Node) { found[n.Key] = n.Value })
		if err == nil && unread > 0 {
			err = &kv.Error{Op: kv.OpReadNodes, Key: keys[0], Kind: kv.ErrDenied}
		}
		for _, key := range keys {
			if value, ok := found[key]; ok {
				b.WriteString(strings.TrimSuffix(string(value), "\n") + "\n")
			}
		}
		keys = keys[:0]
		if b.Len() > copyMost {
			return errCopyMost
		}
		return err
	}
	size := 0
	for e := range t.entries() {
		if kv.KeyFlags(e.Flags)&kv.Directory != 0 {
			continue
		}
		size += max(0, e.Size)
		if err := copyable(e.Key, size, masked); err != nil {
			return "", err
		}
		keys = append(keys, e.Key)
		if len(keys) < namedChunk {
			continue
		}
		if err := read(); err != nil {
			return "", err
		}
	}
	err := read()
	return b.String(), err
}

// copyable says why a key's value is not copied, with which there are size bytes.
func copyable(key string, size int, masked func(string) bool) error {
	switch {
	case masked != nil && masked(key):
		return errMasked
	case size > copyMost:
		return errCopyMost
	}
	return nil
}

// entries returns all marked keys that the tree knows.
func (t targets) entries() func(yield func(tree.Entry) bool) {
	return func(yield func(tree.Entry) bool) {
		for one := range t.all() {
			if _, is := t.tree.Lookup(one.Key); is && !yield(one.Entry) {
				return
			}
			if !one.folder {
				continue
			}
			for e := range t.tree.After(one.Key) {
				if !strings.HasPrefix(e.Key, one.Key+"/") {
					break
				}
				if !yield(e) {
					return
				}
			}
		}
	}
}

// marksRead is the result of reading what is marked to copy it.
type marksRead struct {
	what, text string
	err        error
}

func (r marksRead) apply(m *Model) tea.Cmd {
	if r.err != nil {
		m.notice.warn(m.now(), "nothing was copied: "+explain.Error(r.err))
		return nil
	}
	return m.copyOut(r.what, r.text, holdsControl(r.text, "\n\r\t"))
}
