package format

import (
	"strings"
	"testing"
)

func TestLayoutPutsEachEntryOnALine(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     Format
		value string
		want  string
	}{
		{
			"JSON keeps order and numbers as written", JSON, `{"b":1.0,"a":[1e3,{"x":null}],"e":{},"l":[]}`,
			"{\n  \"b\": 1.0\n  \"a\": [\n    1e3\n    {\n      \"x\": null\n    }\n  ]\n  \"e\": {}\n  \"l\": []\n}\n",
		},
		{"JSON keeps escapes as written", JSON, `{"a" : "\u00e9\n" , "b":"}"}`, "{\n  \"a\": \"\\u00e9\\n\"\n  \"b\": \"}\"\n}\n"},
		{"YAML in flow style", YAML, `{a: 1, b: [x, "y"]}`, "{\n  a: 1\n  b: [\n    x\n    \"y\"\n  ]\n}\n"},
		{"YAML in block style", YAML, "a: 0x1F\nb:\n  - x\n  - c: d\n", "{\n  a: 0x1F\n  b: [\n    x\n    {\n      c: d\n    }\n  ]\n}\n"},
		{
			"TOML with an inline table", TOML, "a = 1\n[s.t]\nb = {x = 1, y = [true, \"z\"]}\n",
			"{\n  a: 1\n  [s.t]: {\n    b: {\n      x: 1\n      y: [\n        true\n        \"z\"\n      ]\n    }\n  }\n}\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, ok := TakeApart(c.f, []byte(c.value))
			if !ok {
				t.Fatal("not taken apart")
			}
			if got := string(l.Lines()); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestLayoutRefusesWhatItWouldNotShowWhole(t *testing.T) {
	for name, c := range map[string]struct {
		f     Format
		value string
	}{
		"a comment in YAML":     {YAML, "a: 1 # one\n"},
		"a comment in TOML":     {TOML, "a = 1 # one\n"},
		"two YAML documents":    {YAML, "a: 1\n---\nb: 2\n"},
		"broken JSON":           {JSON, `{"a":1,}`},
		"two JSON values":       {JSON, `{} {}`},
		"text":                  {Text, "a: 1"},
		"brackets without end":  {JSON, strings.Repeat("[", 100_000)},
		"nested beyond any use": {JSON, strings.Repeat("[", 300) + strings.Repeat("]", 300)},
	} {
		if l, ok := TakeApart(c.f, []byte(c.value)); ok {
			t.Errorf("%s: taken apart: %q", name, l.Lines())
		}
	}
}

func TestLayoutsTakeTheOrderOfEachOther(t *testing.T) {
	before, _ := TakeApart(JSON, []byte(`{"a":1,"b":{"x":1,"y":2},"c":3}`))
	after, _ := TakeApart(JSON, []byte(`{"c":3,"new":0,"b":{"y":2,"x":1},"a":1}`))
	want := "{\n  \"a\": 1\n  \"b\": {\n    \"x\": 1\n    \"y\": 2\n  }\n  \"c\": 3\n  \"new\": 0\n}\n"
	if got := string(after.Like(before).Lines()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	twice, _ := TakeApart(JSON, []byte(`{"a":1,"a":2}`))
	if got := string(twice.Like(before).Lines()); got != "{\n  \"a\": 1\n  \"a\": 2\n}\n" {
		t.Errorf("a key that stands twice: %s", got)
	}
}
