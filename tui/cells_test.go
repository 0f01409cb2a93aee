package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"kvist/internal/format"
)

func drawText(t *rapid.T) string {
	return strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"a", "b ", "é", "鍵", "👍🏽", "हिन्दी", "กำน้ำ", "ｱﾞ", "e\u0301", "…"})).Draw(t, "text"), "")
}

// Every way to fit text into cells fills exactly as many as it should.
func TestFitIsExact(t *testing.T) {
	in := still(t, "", 80, 24).look.diffDel
	rapid.Check(t, func(t *rapid.T) {
		s, w := drawText(t), rapid.IntRange(1, 30).Draw(t, "w")
		for name, got := range map[string]string{
			"fit": fit(s, w), "fitLeft": fitLeft(s, w), "fitMiddle": fitMiddle(s, w), "fitStyled": fitStyled(s, w),
			"padded": ansi.Strip(padded(in, s, w)),
		} {
			if ansi.StringWidthWc(got) != w {
				t.Fatalf("%s(%q, %d) = %q, %d cells", name, s, w, got, ansi.StringWidthWc(got))
			}
		}
	})
}

// A line is broken before a flag, not within its hyphens.
func TestAFlagIsNotBroken(t *testing.T) {
	for text, want := range map[string]string{
		"wait; --timeout waits": "wait;|--timeout|waits",
		"a--bcdefghij--k":       "a--bcdefg|hij--k",
	} {
		if got := strings.Join(wrap(text, 9), "|"); got != want {
			t.Errorf("%q is wrapped to %q, want %q", text, got, want)
		}
	}
}

func TestCutCellsFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, w := drawText(t), rapid.IntRange(0, 30).Draw(t, "w")
		head, cells := cutCells(s, w)
		if !strings.HasPrefix(s, head) || cells > w || ansi.StringWidthWc(head) != cells {
			t.Fatalf("cutCells(%q, %d) = %q, %d", s, w, head, cells)
		}
		if rest := s[len(head):]; rest != "" && cells+2 <= w {
			t.Fatalf("cutCells(%q, %d) = %q leaves %q", s, w, head, rest)
		}
	})
}

func TestWrapSpansLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := format.Line{{Text: drawText(t)}, {Text: drawText(t), Role: 3}}
		w := rapid.IntRange(2, 20).Draw(t, "w")
		var all strings.Builder
		for _, part := range wrapSpans(line, w) {
			used := 0
			for _, span := range part {
				all.WriteString(span.Text)
				used += width(span.Text)
			}
			if used > w {
				t.Fatalf("a part of %d cells", used)
			}
		}
		if want := line[0].Text + line[1].Text; all.String() != want {
			t.Fatalf("%q became %q", want, all.String())
		}
	})
}

func TestFitMiddle(t *testing.T) {
	for _, c := range []struct {
		text string
		w    int
		want string
	}{
		{"short", 8, "short   "},
		{"_c_8a7f2b1e-lock-0000000001", 16, "_c_8a7f2…0000001"},
		{"日本語設定本語", 9, "日本…本語"},
		{"日本語設定本語", 8, "日本…語 "},
		{"abc", 2, "a…"},
		{"abc", 0, ""},
	} {
		if got := fitMiddle(c.text, c.w); got != c.want || width(got) != c.w {
			t.Errorf("%q in %d: %q, want %q", c.text, c.w, got, c.want)
		}
	}
}
