package places

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The stores that were open beside another come back in their order, for the user
// alone, with any bytes in a key. None are kept of a store that stood alone at its end.
func TestTabs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	s := New(dir)
	if tabs := s.Tabs("prod"); len(tabs) != 0 {
		t.Errorf("%v", tabs)
	}
	want := []Tab{{Profile: "staging", Key: []byte("a/\xff")}, {Address: []byte("zk://h:1/x")}}
	if err := s.KeepTabs("prod", append([]Tab{{}, {Address: bytes.Repeat([]byte("x"), nameMax+1)}}, want...)); err != nil {
		t.Fatal(err)
	}
	same := func(a, b Tab) bool {
		return a.Profile == b.Profile && bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Address, b.Address)
	}
	if got := s.Tabs("prod"); !slices.EqualFunc(got, want, same) {
		t.Errorf("%q", got)
	}
	if got := s.Tabs("staging"); len(got) != 0 {
		t.Errorf("%q", got)
	}
	file := filepath.Join(dir, part("prod")+tabsEnding)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := s.KeepTabs("prod", make([]Tab, 3)); err != nil || len(s.Tabs("prod")) != 0 {
		t.Errorf("%v, %q", err, s.Tabs("prod"))
	}
	if err := s.KeepTabs("prod", nil); err != nil {
		t.Error(err)
	}
}

// A file of tabs that is damaged, of another store, or has too many names, brings back
// what is sound in it, or nothing.
func TestHostileTabs(t *testing.T) {
	dir := t.TempDir()
	s := New(dir)
	many := `{"version":1,"of":"prod","tabs":[{},{"key":"YQ=="}`
	for range 2 * TabsMax {
		many += `,{"profile":"a","more":1}`
	}
	for text, want := range map[string]int{
		"{": 0, "\x00": 0, many + "]}": TabsMax, `{"version":1,"of":"staging","tabs":[{"profile":"a"}]}`: 0,
		`{"version":1,"of":"prod","tabs":"a"}`: 0, `{"version":1,"of":"prod","tabs":[{"address":"?"}]}`: 0,
	} {
		if err := os.WriteFile(filepath.Join(dir, part("prod")+tabsEnding), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := s.Tabs("prod"); len(got) != want {
			t.Errorf("%.50s: %d tabs, want %d", text, len(got), want)
		}
	}
}
