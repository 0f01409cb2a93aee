package etcdv2

import (
	"testing"

	client "go.etcd.io/etcd/client/v2"
)

// Events are passed on if they are about what is followed, and no others.
func TestConcerns(t *testing.T) {
	for _, c := range []struct {
		path, action, key string
		want              bool
	}{
		{"/a/b", "set", "/a/b", true},
		{"/a/b", "set", "/a/b/c", true},
		{"/a/b", "set", "/a/bc", false},
		{"/a/b", "set", "/a", false},
		{"/a/b", "delete", "/a", true},
		{"/a/b", "expire", "/a", true},
		{"/ab/c", "delete", "/a", false}, // it only shares text
		{"/a", "set", "/a/_hidden/x", false},
		{"/a", "set", "/a/x/_hidden", false},
		{"/_a", "set", "/_a/x", true},
		{"/", "set", "/x", true},
		{"/", "set", "/_x", false},
		{"/", "delete", "/x/y", true},
	} {
		f := follower{path: c.path}
		change := &client.Response{Action: c.action, Node: &client.Node{Key: c.key}}
		if got := f.concerns(change); got != c.want {
			t.Errorf("%s of %s concerns %s: %v", c.action, c.key, c.path, got)
		}
	}
}
