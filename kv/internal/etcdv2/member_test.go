package etcdv2

import (
	"strings"
	"testing"
)

// An address may lack its scheme and its port. One that is refused shows no password.
func TestMemberURL(t *testing.T) {
	for _, c := range []struct {
		addr   string
		secure bool
		want   string
	}{
		{"127.0.0.1:4001", false, "http://127.0.0.1:4001"},
		{"localhost", false, "http://localhost:2379"},
		{"[::1]:2379", true, "https://[::1]:2379"},
		{"https://host:1", false, "https://host:1"},
		{"http://host:1", true, "https://host:1"},
		{"ftp://host", false, ""},
		{"http://user:secret@host", false, ""},
		{"http://%zz", false, ""},
		{"", false, ""},
	} {
		u, err := memberURL(c.addr, c.secure)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%q is taken for %v", c.addr, u)
		case c.want == "" && strings.Contains(err.Error(), "secret"):
			t.Errorf("%q: the error shows the password: %v", c.addr, err)
		case c.want != "" && (err != nil || u.String() != c.want):
			t.Errorf("%q is %v, %v; want %v", c.addr, u, err, c.want)
		}
	}
}
