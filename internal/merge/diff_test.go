package merge

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// short writes lines as " same", "-removed", "+added", "~count", with "$" for a
// missing newline.
func short(lines []Line) []string {
	var out []string
	for _, l := range lines {
		s := string(" -+~"[l.Kind]) + l.Text
		if l.Kind == Hidden {
			s += strconv.Itoa(l.Count)
		}
		if l.Open {
			s += "$"
		}
		out = append(out, s)
	}
	return out
}

func TestDiff(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want []string
	}{
		{"", "", nil},
		{"a\n", "a\n", []string{" a"}},
		{"", "a", []string{"+a$"}},
		{"a\nb\nc\n", "a\nx\nc\n", []string{" a", "-b", "+x", " c"}},
		{"a\n", "a", []string{"-a", "+a$"}},
		{"a\r\nb\n", "a\nb\n", []string{"-a\r", "+a", " b"}},
		{"a\n\n\nb\n", "a\n\nb\n", []string{" a", " ", "-", " b"}},
		{"x\x00\xff\n", "x\x00\xfe\n", []string{"-x\x00\xff", "+x\x00\xfe"}},
		{"one\ntwo\n", "two\none\n", []string{"-one", " two", "+one"}},
	} {
		if got := short(Diff([]byte(c.a), []byte(c.b))); !slices.Equal(got, c.want) && len(got)+len(c.want) > 0 {
			t.Errorf("Diff(%q, %q) = %q, want %q", c.a, c.b, got, c.want)
		}
	}
}

func TestCollapse(t *testing.T) {
	a := "1\n2\n3\n4\n5\n6\n7\n8\n9\n"
	for _, c := range []struct {
		b      string
		around int
		want   []string
	}{
		{strings.Replace(a, "5", "x", 1), 1, []string{"~3", " 4", "-5", "+x", " 6", "~3"}},
		{strings.Replace(a, "5", "x", 1), 3, []string{" 1", " 2", " 3", " 4", "-5", "+x", " 6", " 7", " 8", " 9"}},
		{strings.Replace(strings.Replace(a, "2", "x", 1), "7", "y", 1), 1, []string{" 1", "-2", "+x", " 3", "~2", " 6", "-7", "+y", " 8", " 9"}},
		{a, 2, []string{"~9"}},
		{strings.Replace(a, "1", "x", 1), 0, []string{"-1", "+x", "~8"}},
	} {
		if got := short(Collapse(Diff([]byte(a), []byte(c.b)), c.around)); !slices.Equal(got, c.want) {
			t.Errorf("against %q with %d around: %q, want %q", c.b, c.around, got, c.want)
		}
	}
}

// text generates lines of few kinds, some of them with CRLF, and perhaps no
// newline at the end.
func text(t *rapid.T, name string) []byte {
	lines := rapid.SliceOfN(rapid.SampledFrom([]string{"\n", "a\n", "b\n", "c\n", "a\r\n", "d\xff\n", "=======\n"}), 0, 12).Draw(t, name)
	return []byte(strings.Join(lines, "") + rapid.SampledFrom([]string{"", "", "end", "\r"}).Draw(t, name+"'s end"))
}

func TestDiffLeadsFromOneToTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := text(t, "a"), text(t, "b")
		var sides [2][]byte
		numbers := [2]int{}
		for _, l := range Diff(a, b) {
			for i, no := range []int{l.Old, l.New} {
				if no == 0 {
					continue
				}
				numbers[i]++
				if no != numbers[i] {
					t.Fatalf("line %d is numbered %d", numbers[i], no)
				}
				sides[i] = append(sides[i], l.Text...)
				if !l.Open {
					sides[i] = append(sides[i], '\n')
				}
			}
		}
		if !bytes.Equal(sides[0], a) || !bytes.Equal(sides[1], b) {
			t.Fatalf("the difference of %q and %q is that of %q and %q", a, b, sides[0], sides[1])
		}
	})
}

func TestCollapseHidesOnlyWhatIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := Diff(text(t, "a"), text(t, "b"))
		i := 0
		for _, l := range Collapse(lines, rapid.IntRange(0, 3).Draw(t, "around")) {
			if l.Kind != Hidden {
				if l != lines[i] {
					t.Fatalf("%v instead of %v", l, lines[i])
				}
				i++
				continue
			}
			for range l.Count {
				if lines[i].Kind != Same {
					t.Fatalf("%v is hidden", lines[i])
				}
				i++
			}
		}
		if i != len(lines) {
			t.Fatalf("%d of %d lines are accounted for", i, len(lines))
		}
	})
}

// The hardest texts, long ones with nothing, or nothing but repeated lines, in
// common, are compared in bounded time. Without bounds each would take minutes.
func TestDiffIsBounded(t *testing.T) {
	const n = 50_000
	var a, b, c, d, e strings.Builder
	for i := range n {
		fmt.Fprintf(&a, "%d\n", i)
		fmt.Fprintf(&b, "x%d\n", i)
		fmt.Fprintf(&c, "%d\n", i*7%10)
		fmt.Fprintf(&d, "%d\n", i*3%10)
		fmt.Fprintf(&e, "%d\n", n-i)
	}
	for name, pair := range map[string][2]string{
		"nothing in common":   {a.String(), b.String()},
		"few kinds of lines":  {c.String(), d.String()},
		"the other way round": {a.String(), e.String()},
	} {
		start := time.Now()
		lines := Diff([]byte(pair[0]), []byte(pair[1]))
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: %v for %d lines", name, took, len(lines))
		}
	}
}

func BenchmarkDiff(b *testing.B) {
	var text strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&text, "line %d of a long value\n", i)
	}
	old := []byte(text.String())
	now := []byte(strings.ReplaceAll(text.String(), "5 of", "5 of (changed)"))
	b.SetBytes(int64(len(old)))
	for b.Loop() {
		Diff(old, now)
	}
}
