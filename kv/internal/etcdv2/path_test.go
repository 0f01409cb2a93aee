package etcdv2

import (
	"slices"
	"testing"
)

// Three ways to write a key name one node, and a key that the server would clean names none.
func TestPath(t *testing.T) {
	for key, want := range map[string]string{"a/b": "/a/b", "/a/b": "/a/b", "a/b/": "/a/b", "a": "/a"} {
		if got, err := Path(key); err != nil || got != want {
			t.Errorf("%q is %q, %v", key, got, err)
		}
	}
	for _, key := range []string{"", "/", "a//b", "//a", "a/./b", "../a", "a/..", "a\xff"} {
		if got, err := Path(key); err == nil {
			t.Errorf("%q is %q", key, got)
		}
	}
	if got, err := Dir(""); err != nil || got != "/" {
		t.Errorf("the whole store is %q, %v", got, err)
	}
}

// A node lies below a directory only behind a slash.
func TestBelow(t *testing.T) {
	for _, c := range []struct {
		dir, path, want string
		below           bool
	}{
		{"/", "/a/b", "a/b", true},
		{"/a", "/a/b", "b", true},
		{"/a", "/ab", "/ab", false},
		{"/a", "/a", "/a", false},
	} {
		if got, below := Below(c.dir, c.path); got != c.want || below != c.below {
			t.Errorf("%s below %s: %q, %v", c.path, c.dir, got, below)
		}
	}
	if got := slices.Collect(Parents("/a", "/a/b/c/d")); !slices.Equal(got, []string{"/a/b", "/a/b/c"}) {
		t.Errorf("the parents are %q", got)
	}
}
