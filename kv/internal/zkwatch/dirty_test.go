package zkwatch

import (
	"slices"
	"testing"

	"kvist/kv/internal/zkwire"
)

// Each changed node is read once, in order, and coalesced changes are known.
func TestDirtyNodes(t *testing.T) {
	const created, changed = zkwire.Created, zkwire.Changed
	for name, c := range map[string]struct {
		events    []zkwire.Event
		paths     []string
		coalesced bool
	}{
		"apart":               {[]zkwire.Event{{Kind: changed, Path: "/b"}, {Kind: changed, Path: "/a"}}, []string{"/b", "/a"}, false},
		"twice":               {[]zkwire.Event{{Kind: changed, Path: "/a"}, {Kind: changed, Path: "/b"}, {Kind: changed, Path: "/a"}}, []string{"/a", "/b"}, true},
		"created and filled":  {[]zkwire.Event{{Kind: created, Path: "/a"}, {Kind: changed, Path: "/a"}}, []string{"/a"}, false},
		"created and changed": {[]zkwire.Event{{Kind: created, Path: "/a"}, {Kind: changed, Path: "/a"}, {Kind: changed, Path: "/a"}}, []string{"/a"}, true},
	} {
		var d Dirty
		for _, e := range c.events {
			d.Add(e)
		}
		paths, coalesced, err := d.Take(t.Context())
		if !slices.Equal(paths, c.paths) || coalesced != c.coalesced || err != nil {
			t.Errorf("%s: %v, %v, %v", name, paths, coalesced, err)
		}
		d.Add(zkwire.Event{Kind: changed, Path: "/z"})
		if paths, coalesced, _ = d.Take(t.Context()); !slices.Equal(paths, []string{"/z"}) || coalesced {
			t.Errorf("%s, the next time: %v, %v", name, paths, coalesced)
		}
	}
}
