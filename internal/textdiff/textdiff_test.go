package textdiff

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kvist/internal/format"
	"kvist/internal/merge"
)

// drawn returns a difference as lines with signs, with changes in brackets.
func drawn(lines []Line) string {
	var b strings.Builder
	for _, line := range lines {
		switch line.Kind {
		case merge.Hidden:
			fmt.Fprintf(&b, "⋯ %d\n", line.Count)
			continue
		case merge.Added:
			b.WriteString("+ ")
		case merge.Removed:
			b.WriteString("- ")
		case merge.Same:
			b.WriteString("  ")
		}
		for _, p := range line.Parts {
			if p.Changed {
				b.WriteString("[" + p.Text + "]")
				continue
			}
			b.WriteString(p.Text)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// services is one line of JSON of about 4 KiB.
func services(port int, more string) []byte {
	var b strings.Builder
	b.WriteString("{")
	for i := range 80 {
		p := 8000 + i
		if i == 40 {
			p = port
		}
		fmt.Fprintf(&b, `"service%02d": {"host": "10.0.0.%d", "port": %d}, `, i, i, p)
	}
	return []byte(strings.TrimSuffix(b.String(), ", ") + more + "}")
}

func TestLongJSONIsComparedByStructure(t *testing.T) {
	base := services(8040, "")
	mine, theirs := CompareBoth("config", base, services(8040, `, "zz":1`), services(9999, ""))
	if mine.Laid != format.JSON || theirs.Laid != format.JSON {
		t.Fatalf("laid out as %v and %v", mine.Laid, theirs.Laid)
	}
	if got := drawn(Collapse(mine.Lines)); got != "⋯ 319\n      \"port\": 8079\n    }\n+ [  \"zz\": 1]\n  }\n" {
		t.Errorf("mine:\n%s", got)
	}
	got := drawn(Collapse(theirs.Lines))
	if !strings.Contains(got, `-     "port": [8040]`) || !strings.Contains(got, `+     "port": [9999]`) || strings.Count(got, "\n") > 9 {
		t.Errorf("theirs:\n%s", got)
	}
}

func TestShortLinesAreComparedAsTheyLie(t *testing.T) {
	d := Compare("c.json", []byte("{\n  \"a\": 1\n}\n"), []byte("{\n  \"a\": 2\n}\n"))
	if want := "  {\n-   \"a\": [1]\n+   \"a\": [2]\n  }\n"; d.Laid != format.Empty || drawn(d.Lines) != want {
		t.Errorf("laid out as %v:\n%s", d.Laid, drawn(d.Lines))
	}
}

func TestAnotherOrderIsSaidToHoldTheSame(t *testing.T) {
	long := strings.Repeat("x", 120)
	d := Compare("k", []byte(`{"a":1,"b":"`+long+`"}`), []byte(`{"b": "`+long+`", "a": 1}`))
	if !d.Alike || d.Laid != format.Empty || len(d.Lines) == 0 {
		t.Errorf("alike %v, laid out as %v, %d lines", d.Alike, d.Laid, len(d.Lines))
	}
	same := Compare("k", []byte(`{"a":1}`), []byte(`{"a":1}`))
	if same.Alike {
		t.Error("two equal texts are said to differ in their layout")
	}
}

func TestLongTextIsComparedByWords(t *testing.T) {
	url := "https://settlement.internal.example.org/api/reconciliation/v%d/" + strings.Repeat("batches/", 40)
	d := Compare("k", fmt.Appendf(nil, url, 1), fmt.Appendf(nil, url, 2))
	if len(d.Lines) != 2 || !strings.Contains(drawn(d.Lines), "[v1]") || !strings.Contains(drawn(d.Lines), "[v2]") {
		t.Fatalf("%s", drawn(d.Lines))
	}
	short := Excerpt(d.Lines[1].Parts, 20)
	if got := drawn([]Line{{Line: merge.Line{Kind: merge.Added}, Parts: short}}); got != "+ …/api/reconciliation/[v2]/batches/batches/bat…\n" {
		t.Errorf("excerpt %q", got)
	}
}

func TestBytesThatAreNoTextHaveNoLines(t *testing.T) {
	if d := Compare("k", []byte("a"), []byte{0, 1, 2}); !d.Binary || d.Lines != nil {
		t.Errorf("%+v", d)
	}
}

func TestLinesThatBecameOthersAreFound(t *testing.T) {
	before := "a: 1\nthe quick brown fox: 1\n"
	after := "a: 1\nsomething new\nthe quick brown fox: 2\n"
	d := Compare("k", []byte(before), []byte(after))
	want := "  a: 1\n- the quick brown fox: [1]\n+ [something new]\n+ the quick brown fox: [2]\n"
	if drawn(d.Lines) != want {
		t.Errorf("%s", drawn(d.Lines))
	}
}

func TestTheLineEndAtTheEndIsMinded(t *testing.T) {
	for _, c := range []struct {
		before, after string
		want          End
	}{{"a", "b", EndSame}, {"a\n", "b\n", EndSame}, {"a", "a\n", EndAdded}, {"a\n", "b", EndRemoved}, {"", "a\n", EndSame}, {"a\n", "", EndSame}} {
		if got := Compare("k", []byte(c.before), []byte(c.after)).End; got != c.want {
			t.Errorf("%q to %q: %v, want %v", c.before, c.after, got, c.want)
		}
	}
}

func BenchmarkCompareOneLongLine(b *testing.B) {
	before, after := services(8040, ""), services(9999, `, "zz":1`)
	for b.Loop() {
		Compare("k", before, after)
	}
}

// Two objects whose entries come in another order are compared entry by entry, and
// only what differs is shown; where the order is the same, the text is.
func TestDataIsComparedByItsStructure(t *testing.T) {
	for name, c := range map[string]struct {
		a, b string
		laid format.Format
		want []string
	}{
		"another order, in a line": {`{"rate": 100, "burst": true, "more": [1, 2]}`, `{"burst": true, "more": [1, 2], "rate": 200}`, format.JSON, []string{`-  "rate": 100`, `+  "rate": 200`}},
		"another order, in lines":  {"a: 1\nb: 2\nc: 3\n", "c: 3\nb: 2\na: 5\n", format.YAML, []string{"-  a: 1", "+  a: 5"}},
		"the same order":           {"a: 1\nb: 2\n", "a: 1\nb: 3\n", format.Empty, []string{"-b: 2", "+b: 3"}},
		"no structure":             {"one\ntwo\n", "two\none\n", format.Empty, nil},
	} {
		d := CompareData("key", []byte(c.a), []byte(c.b))
		var got []string
		for _, line := range d.Lines {
			if line.Kind == merge.Added || line.Kind == merge.Removed {
				got = append(got, map[merge.Kind]string{merge.Added: "+", merge.Removed: "-"}[line.Kind]+line.Text)
			}
		}
		if d.Laid != c.laid || c.want != nil && !slices.Equal(got, c.want) {
			t.Errorf("%s: laid out as %v, %q", name, d.Laid, got)
		}
	}
	if d := CompareData("key", []byte("a: 1\nb: 2\n"), []byte("b: 2\na: 1\n")); !d.Alike {
		t.Error("what only moved is not alike")
	}
}
