package kv

import (
	"slices"
	"testing"
)

func TestWhatOfASpanMayBeRead(t *testing.T) {
	all, app := v3DirSpan(""), v3DirSpan("app/")
	for name, test := range map[string]struct {
		may  []v3Span
		in   v3Span
		want []v3Span
	}{
		"nothing":                {nil, all, nil},
		"all of all":             {[]v3Span{all}, all, []v3Span{all}},
		"all of a directory":     {[]v3Span{all}, app, []v3Span{app}},
		"a directory of all":     {[]v3Span{app}, all, []v3Span{app}},
		"one beside":             {[]v3Span{v3DirSpan("apple/"), v3DirSpan("b/")}, app, nil},
		"one key":                {[]v3Span{{"app/one", ""}}, app, []v3Span{{"app/one", ""}}},
		"its end":                {[]v3Span{{"app/x", v3Endless}}, app, []v3Span{{"app/x", "app0"}}},
		"its beginning":          {[]v3Span{{"a", "app/c"}}, app, []v3Span{{"app/", "app/c"}}},
		"one in the other":       {[]v3Span{{"app/", "app/x"}, {"app/b", "app/c"}, {"app/k", ""}}, app, []v3Span{{"app/", "app/x"}}},
		"one that goes on":       {[]v3Span{{"app/", "app/m"}, {"app/b", "app/x"}}, app, []v3Span{{"app/", "app/m"}, {"app/m", "app/x"}}},
		"what is behind all":     {[]v3Span{all, {"b", v3Endless}}, all, []v3Span{all}},
		"a key at the beginning": {[]v3Span{{"app/", ""}, {"app/one", ""}}, app, []v3Span{{"app/", ""}, {"app/one", ""}}},
	} {
		if got := v3Overlap(test.may, test.in); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
