package nearest

import "testing"

func TestTo(t *testing.T) {
	for _, c := range []struct{ word, want string }{
		{"adddress", "address"},
		{"addrss", "address"},
		{"ttheme", "theme"},
		{"tehme", "theme"},
		{"theme", "theme"},
		{"xyz", ""},
		{"", ""},
		{"a", ""},
		{"read_olny", "read_only"},
		{"cold", ""},
		{"äddress", "address"},
	} {
		if got := To(c.word, "theme", "address", "read_only"); got != c.want {
			t.Errorf("%q is most like %q, want %q", c.word, got, c.want)
		}
	}
}
