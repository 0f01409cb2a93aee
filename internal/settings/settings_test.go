package settings

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	const file = `# comment
name = "a"

[keys.tree]
"cursor.down" = ["j", "down"] # comment
cursor.up = "k"

[other]
table = { x = "1", y = { z = ["2"] } }
number = 7
float = 7.5
mixed = ["a", 1]
empty = []

[[list]]
in = "list"
on = true
off = false
`
	got, err := Read([]byte(file), "f.toml")
	if err != nil {
		t.Fatal(err)
	}
	want := []Setting{
		{[]string{"name"}, 2, 1, "a", 0},
		{[]string{"keys", "tree", "cursor.down"}, 5, 1, []string{"j", "down"}, 4},
		{[]string{"keys", "tree", "cursor", "up"}, 6, 1, "k", 4},
		{[]string{"other", "table", "x"}, 9, 11, "1", 8},
		{[]string{"other", "table", "y", "z"}, 9, 26, []string{"2"}, 8},
		{[]string{"other", "number"}, 10, 1, 7, 8},
		{[]string{"other", "float"}, 11, 1, Other{}, 8},
		{[]string{"other", "mixed"}, 12, 1, Other{}, 8},
		{[]string{"other", "empty"}, 13, 1, []string{}, 8},
		{[]string{"list"}, 15, 3, Other{}, 15},
		{[]string{"list", "in"}, 16, 1, "list", 15},
		{[]string{"list", "on"}, 17, 1, true, 15},
		{[]string{"list", "off"}, 18, 1, false, 15},
	}
	if len(got) != len(want) {
		t.Fatalf("%d settings, want %d: %v", len(got), len(want), got)
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("setting %d is %#v, want %#v", i, got[i], want[i])
		}
	}
}

// A byte order mark, which some editors write before a text, is skipped.
func TestReadSkipsAByteOrderMark(t *testing.T) {
	got, err := Read([]byte("\ufeffname = \"a\"\n"), "f.toml")
	if err != nil || len(got) != 1 || got[0].Path[0] != "name" || got[0].Line != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		line int
	}{
		"no TOML":         {"a = 1\nb = = 2\n", 2},
		"a key twice":     {"a = 1\n\na = 2\n", 3},
		"no closing":      {"\na = [\"x\"\n", 2},
		"escape sequence": {"a = \"\x1b[31m\"\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read([]byte(c.file), "dir/f.toml")
			refused, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("the error is %v", err)
			}
			if refused.Line != c.line {
				t.Errorf("line %d, want %d: %v", refused.Line, c.line, err)
			}
			if !strings.HasPrefix(err.Error(), "dir/f.toml:") || strings.ContainsRune(err.Error(), '\x1b') {
				t.Errorf("the error reads %q", err)
			}
		})
	}
	if _, err := Read(make([]byte, maxFile+1), "f"); err == nil {
		t.Error("a huge file was read")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("[keys.tree]\n\"cursor.down\" = [\"j\"]\nx = {a = 1}\n[[l]]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := Read(data, "f")
		if err != nil {
			return
		}
		for _, s := range all {
			if s.Line < 1 || len(s.Path) == 0 {
				t.Fatalf("a setting without a place: %v", s)
			}
		}
	})
}
