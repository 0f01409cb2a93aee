package fields

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/pelletier/go-toml/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kvist/internal/format"
	"kvist/internal/merge"
)

// Changes of different fields go together, and the text is mine otherwise.
func TestDifferentFields(t *testing.T) {
	for name, c := range map[string]struct{ key, base, mine, theirs, wanted string }{
		"one line of JSON": {
			"a.json", `{"host": "a", "port": 1, "tls": false}`,
			`{"host": "b", "port": 1, "tls": false}`,
			`{"host": "a", "port": 2, "tls": false}`,
			`{"host": "b", "port": 2, "tls": false}`,
		},
		"neighbouring lines of JSON": {
			"a.json", "{\n  \"host\": \"a\",\n  \"port\": 1\n}\n",
			"{\n  \"host\": \"b\",\n  \"port\": 1\n}\n",
			"{\n  \"host\": \"a\",\n  \"port\": 2\n}\n",
			"{\n  \"host\": \"b\",\n  \"port\": 2\n}\n",
		},
		"both add to the end of JSON": {
			"a.json", "{\n  \"a\": 1\n}\n",
			"{\n  \"a\": 1,\n  \"m\": 1\n}\n",
			"{\n  \"a\": 1,\n  \"t\": {\n    \"x\": 1\n  }\n}\n",
			"{\n  \"a\": 1,\n  \"t\": {\n    \"x\": 1\n  },\n  \"m\": 1\n}\n",
		},
		"mine has another layout and order": {
			"a.json", `{"a":1,"b":{"c":1,"d":[1,2]},"e":null}`,
			"{\n    \"b\": {\n        \"d\": [1, 2],\n        \"c\": 1\n    },\n    \"a\": 7,\n    \"e\": null\n}\n",
			`{"a":1,"b":{"c":2,"d":[1,2,3],"n":{"o":1}}}`,
			"{\n    \"b\": {\n        \"d\": [1,2,3],\n        \"n\":{\"o\":1},\n        \"c\": 2\n    },\n    \"a\": 7\n}\n",
		},
		"the first field of JSON goes": {
			"a.json", "{\n \"a\": 1,\n \"b\": 1,\n \"c\": 1\n}", "{\n \"a\": 1,\n \"b\": 2,\n \"c\": 1\n}", "{\n \"b\": 1,\n \"c\": 1\n}", "{\n \"b\": 2,\n \"c\": 1\n}",
		},
		"all fields of JSON go": {"a.json", `{"a":{"b":1},"c":1}`, `{"a":{"b":1},"c":2}`, `{"a":{},"c":1}`, `{"a":{},"c":2}`},
		"an empty object is filled": {
			"a.json", `{"a":{},"c":1}`, `{"a":{},"c":2}`, "{\"a\":{\n  \"n\": 1\n},\"c\":1}", "{\"a\":{\n  \"n\": 1\n},\"c\":2}",
		},
		"neighbouring lines of YAML": {
			"a.yaml", "# who\nhost: a\nport: 1\n", "# who\nhost: b\nport: 1\n", "# who\nhost: a\nport: 2 # why\n", "# who\nhost: b\nport: 2 # why\n",
		},
		"both add to a mapping of YAML": {
			"a.yaml", "web:\n  a: 1\nother: 1\n",
			"web:\n    a: 1\n    # mine\n    m: |\n      # text\n      more\nother: 1\n",
			"web:\n  a: 1\n  # theirs\n  t:\n    - 1\n    - 2\nother: 2\n",
			"web:\n    a: 1\n    # theirs\n    t:\n      - 1\n      - 2\n    # mine\n    m: |\n      # text\n      more\nother: 2\n",
		},
		"without a line end": {"a.yaml", "a: 1\nb: 1", "a: 2\nb: 1", "a: 1\nb: 2", "a: 2\nb: 2"},
		"tables of TOML": {
			"a.toml", "# all\n\ntitle = 'x'\nother = 1\n[web]\nport = 1\nhost = 'a'\n",
			"# all\n\ntitle = 'y'\nother = 1\n[web]\nport = 2\nhost = 'a'\n",
			"# all\n\ntitle = 'x'\nother = 2\n[web]\nport = 1\nhost = 'b' # why\n\n[new]\nx = 1\n",
			"# all\n\ntitle = 'y'\nother = 2\n[web]\nport = 2\nhost = 'b' # why\n\n[new]\nx = 1\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, by := Merge(c.key, []byte(c.base), []byte(c.mine), []byte(c.theirs))
			require.True(t, r.Clean, "%s", r.Text)
			require.Equal(t, c.wanted, string(r.Text))
			require.NotEqual(t, format.Empty, by)
		})
	}
}

// The same field, changed by both, is a conflict of lines.
func TestTheSameField(t *testing.T) {
	for name, c := range map[string]struct{ key, base, mine, theirs string }{
		"changed by both":             {"a.json", `{"a": 1}`, `{"a": 2}`, `{"a": 3}`},
		"changed and deleted":         {"a.json", `{"a": 1, "b": 1}`, `{"a": 2, "b": 1}`, `{"b": 1}`},
		"deleted and changed":         {"a.yaml", "a: 1\nb: 1\n", "b: 1\n", "a: 2\nb: 1\n"},
		"added by both":               {"a.json", `{"b": 1}`, `{"b": 1, "a": 1}`, `{"b": 1, "a": 2}`},
		"an array":                    {"a.json", `{"a": [1, 2]}`, `{"a": [1, 3]}`, `{"a": [0, 2]}`},
		"a name twice":                {"a.json", `{"a": 1, "a": 2}`, `{"a": 1, "a": 3}`, `{"a": 2, "a": 2}`},
		"not the same format":         {"a", `{"a": 1}`, "a: 2\nb: 1", "[a]\n"},
		"a mapping becomes something": {"a.yaml", "a:\n  b: 1\n", "a: 2\n", "a:\n  b: 2\n"},
	} {
		t.Run(name, func(t *testing.T) {
			r, by := Merge(c.key, []byte(c.base), []byte(c.mine), []byte(c.theirs))
			require.Equal(t, format.Empty, by)
			require.Equal(t, merge.Merge([]byte(c.base), []byte(c.mine), []byte(c.theirs)), r)
		})
	}
}

// A merge of lines without a conflict, which would be no JSON any more or would
// have a field twice, is not what comes out.
func TestLinesAreNotTrusted(t *testing.T) {
	base := "{\n \"a\": 1,\n \"b\": 1,\n \"c\": 1\n}\n"
	mine := "{\n \"n\": 1,\n \"a\": 1,\n \"b\": 1,\n \"c\": 1\n}\n"
	theirs := "{\n \"a\": 1,\n \"b\": 1,\n \"c\": 1,\n \"n\": 1\n}\n"
	require.True(t, merge.Merge([]byte(base), []byte(mine), []byte(theirs)).Clean)
	r, by := Merge("k", []byte(base), []byte(mine), []byte(theirs))
	require.Equal(t, format.JSON, by)
	require.Equal(t, mine, string(r.Text))
}

// A field that both sides added, in other lines and with other values, is a conflict, not a text
// that has it twice and of which a parser drops one.
func TestTheSameFieldAtTwoPlaces(t *testing.T) {
	for key, texts := range map[string][3]string{
		"k.json": {
			"{\n \"a\": 1,\n \"b\": 1,\n \"c\": 1\n}\n",
			"{\n \"n\": 1,\n \"a\": 1,\n \"b\": 1,\n \"c\": 1\n}\n",
			"{\n \"a\": 1,\n \"b\": 1,\n \"n\": 2,\n \"c\": 1\n}\n",
		},
		"k.yaml": {"a: 1\nb: 1\nc: 1\n", "n: 1\na: 1\nb: 1\nc: 1\n", "a: 1\nb: 1\nn: 2\nc: 1\n"},
		"k.toml": {"a = 1\nb = 1\nc = 1\n", "n = 1\na = 1\nb = 1\nc = 1\n", "a = 1\nb = 1\nn = 2\nc = 1\n"},
	} {
		base, mine, theirs := []byte(texts[0]), []byte(texts[1]), []byte(texts[2])
		require.True(t, merge.Merge(base, mine, theirs).Clean)
		r, _ := Merge(key, base, mine, theirs)
		require.False(t, r.Clean, key)
		require.Len(t, r.Conflicts, 1)
		c := r.Conflicts[0]
		head, tail := r.Text[:c.Start], r.Text[c.End:]
		for i, side := range [][]byte{c.Base, c.Mine, c.Theirs} {
			require.Equal(t, texts[i], string(head)+string(side)+string(tail), key)
		}
	}
}

// change makes another version of a value: by side, so that the sides sometimes
// meet.
func change(t *rapid.T, v map[string]any, side string) map[string]any {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		old := v[name]
		inner, nested := old.(map[string]any)
		switch rapid.IntRange(0, 7).Draw(t, side) {
		case 0:
			continue
		case 1:
			out[name] = side
		default:
			out[name] = old
			if nested {
				out[name] = change(t, inner, side)
			}
		}
	}
	for range rapid.IntRange(0, 2).Draw(t, "added") {
		out[rapid.StringMatching("[a-f]").Draw(t, "name")+side] = rapid.StringMatching("[a-z][a-z#: \n]{0,7}[a-z]").Draw(t, "value")
	}
	return out
}

// value draws a mapping.
func value(t *rapid.T, depth int) map[string]any {
	out := map[string]any{}
	for _, name := range rapid.SliceOfNDistinct(rapid.StringMatching("[a-z]{1,3}"), 1, 5, rapid.ID).Draw(t, "names") {
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			if depth > 0 {
				out[name] = value(t, depth-1)
				continue
			}
			out[name] = "deep"
		case 1:
			out[name] = []any{"x", rapid.StringMatching("[a-z]{0,3}").Draw(t, "element")}
		default:
			out[name] = rapid.StringMatching("[a-z\"][a-z#: \n]{0,7}[a-z]").Draw(t, "text")
		}
	}
	return out
}

// emptied reports whether a mapping in it has no field: YAML writes that in
// another style, which is taken whole.
func emptied(v any) bool {
	m, ok := v.(map[string]any)
	return ok && (len(m) == 0 || slices.ContainsFunc(slices.Collect(maps.Values(m)), emptied))
}

// Whatever two sides do to a value, it is merged by fields where they go
// together, and then holds exactly what both did.
func TestRandomValues(t *testing.T) {
	for kind, write := range map[format.Format]func(any) ([]byte, error){
		format.JSON: func(v any) ([]byte, error) { return json.MarshalIndent(v, "", "  ") },
		format.YAML: yaml.Marshal,
		format.TOML: toml.Marshal,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				v := value(t, 2)
				versions := []map[string]any{v, change(t, v, "m"), change(t, v, "t")}
				var texts [3][]byte
				for i, version := range versions {
					var err error
					texts[i], err = write(version)
					require.NoError(t, err)
				}
				key := "k." + strings.ToLower(kind.String())
				if kindOf(key, texts[0], texts[1], texts[2]) != kind {
					t.Skip("not of the format")
				}
				wanted, ok := mergedValue(kind, texts[0], texts[1], texts[2])
				if !ok {
					return
				}
				r, by := Merge(key, texts[0], texts[1], texts[2])
				if !r.Clean && !emptied(wanted) && !emptied(any(versions[1])) && !emptied(any(versions[2])) {
					t.Fatalf("%s\n== mine\n%s\n== theirs\n%s\n== merged by %v\n%s", texts[0], texts[1], texts[2], by, r.Text)
				}
				require.True(t, !r.Clean || holds(kind, r.Text, wanted), "%s", r.Text)
			})
		})
	}
}
