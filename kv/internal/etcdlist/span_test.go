package etcdlist

import (
	"slices"
	"testing"
)

// The key after a prefix is behind all that begin with it, and none is behind the last.
func TestAfterPrefix(t *testing.T) {
	for prefix, want := range map[string]string{"a": "b", "a\xff": "b", "\xff\xff": "", "": "", "a\xfe\xff": "a\xff"} {
		if got := after(prefix); got != want {
			t.Errorf("after %q comes %q, want %q", prefix, got, want)
		}
	}
}

// What a user may read of a span is cut from the ranges of its rights, each key once.
func TestOverlap(t *testing.T) {
	all, app := DirSpan(""), DirSpan("app/")
	for name, test := range map[string]struct {
		may  []Span
		in   Span
		want []Span
	}{
		"nothing":                {nil, all, nil},
		"all of all":             {[]Span{all}, all, []Span{all}},
		"all of a directory":     {[]Span{all}, app, []Span{app}},
		"a directory of all":     {[]Span{app}, all, []Span{app}},
		"one beside":             {[]Span{DirSpan("apple/"), DirSpan("b/")}, app, nil},
		"one key":                {[]Span{{"app/one", ""}}, app, []Span{{"app/one", ""}}},
		"its end":                {[]Span{{"app/x", Endless}}, app, []Span{{"app/x", "app0"}}},
		"its beginning":          {[]Span{{"a", "app/c"}}, app, []Span{{"app/", "app/c"}}},
		"one in the other":       {[]Span{{"app/", "app/x"}, {"app/b", "app/c"}, {"app/k", ""}}, app, []Span{{"app/", "app/x"}}},
		"one that goes on":       {[]Span{{"app/", "app/m"}, {"app/b", "app/x"}}, app, []Span{{"app/", "app/m"}, {"app/m", "app/x"}}},
		"what is behind all":     {[]Span{all, {"b", Endless}}, all, []Span{all}},
		"a key at the beginning": {[]Span{{"app/", ""}, {"app/one", ""}}, app, []Span{{"app/", ""}, {"app/one", ""}}},
	} {
		if got := Overlap(test.may, test.in); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// A span's words name directories, keys and prefixes as people write them.
func TestSpanInWords(t *testing.T) {
	for want, span := range map[string]Span{
		"everything": DirSpan(""), "app/": DirSpan("app/"), "the key app": {"app", ""}, "app*": {"app", "apq"},
		"b and all behind it": {"b", Endless}, "a to c": {"a", "c"},
	} {
		if got := span.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
