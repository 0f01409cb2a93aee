package themes

import (
	"bytes"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	xansi "github.com/charmbracelet/x/ansi"
)

// words are the roles that words are written in; borders and the empty part of
// the screen are not read.
func words() []Role {
	var out []Role
	for r := range roleCount {
		if r != Border && r != BorderFocus {
			out = append(out, r)
		}
	}
	return out
}

func TestNames(t *testing.T) {
	if n := len(Names()); n < 6 {
		t.Errorf("%d themes", n)
	}
	for _, name := range append(Names(), "") {
		s, err := For(name, true, false)
		if err != nil {
			t.Fatal(err)
		}
		if name != "" && s.Name != name {
			t.Errorf("%s calls itself %s", name, s.Name)
		}
	}
	_, err := For("neon", true, false)
	if err == nil || !strings.Contains(err.Error(), "neon") || !strings.Contains(err.Error(), "nord") {
		t.Errorf("an unknown theme: %v", err)
	}
}

// Every word has WCAG's contrast to its background, in themes that set both.
func TestContrast(t *testing.T) {
	for _, theme := range builtin() {
		if theme.Background() == nil {
			continue
		}
		least := contrastText
		if theme.Name == "high-contrast" {
			least = contrastHigh
		}
		s := theme.Styles()
		for _, r := range words() {
			fore, back := s.Style(r).GetForeground(), s.Style(r).GetBackground()
			if _, none := back.(lipgloss.NoColor); none {
				back = theme.Background()
			}
			if got := contrast(fore, back); got < least {
				t.Errorf("%s: role %d has contrast %.2f, less than %.1f", theme.Name, r, got, least)
			}
		}
	}
}

func TestContrastIsWCAGs(t *testing.T) {
	for _, c := range []struct {
		a, b color.Color
		want float64
	}{
		{color.White, color.Black, 21},
		{color.White, color.White, 1},
		{lipgloss.Color("#777777"), color.White, 4.48}, // the well-known grey that just fails
		{lipgloss.Color("#ff0000"), color.White, 4.00},
	} {
		if got := contrast(c.a, c.b); got < c.want-0.005 || got > c.want+0.005 {
			t.Errorf("%v on %v: %.3f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

// The default theme stays within the terminal's 16 colours.
func TestDefaultIsANSI(t *testing.T) {
	for _, dark := range []bool{true, false} {
		s, err := For(Default, dark, false)
		if err != nil {
			t.Fatal(err)
		}
		if s.Theme.Background() != nil {
			t.Error("the default theme has a background of its own")
		}
		for i, c := range s.Theme.tints {
			if c == nil {
				continue
			}
			if _, basic := c.(xansi.BasicColor); !basic {
				t.Errorf("dark %v: %s is %T", dark, tintNames[i], c)
			}
		}
	}
}

// Without colour nothing is coloured, and different meanings still look
// different.
func TestNoColor(t *testing.T) {
	s, err := For("nord", true, true)
	if err != nil {
		t.Fatal(err)
	}
	for r := range roleCount {
		painted := s.Paint(r, "x")
		for _, p := range attributes(painted) {
			if !slices.Contains([]string{"", "0", "1", "3", "4", "7"}, p) {
				t.Errorf("role %d is coloured: %q", r, painted)
			}
		}
	}
	for _, pair := range [][2]Role{
		{Text, RowSelected},
		{Text, RowSelectedBlur},
		{RowSelected, RowSelectedBlur},
		{Text, RowAdded},
		{Text, RowRemoved},
		{DiffAdd, DiffDel},
		{Text, Error},
		{Text, Warning},
		{PaneTitle, PaneTitleFocus},
		{Border, BorderFocus},
		{Status, StatusDanger},
		{HelpKey, Text},
		{SyntaxKey, SyntaxString},
	} {
		if s.Paint(pair[0], "x") == s.Paint(pair[1], "x") {
			t.Errorf("roles %d and %d look the same", pair[0], pair[1])
		}
	}
}

// attributes returns the parameters of the SGR sequences in s.
func attributes(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, "\x1b[") {
		if params, _, ok := strings.Cut(part, "m"); ok {
			out = append(out, strings.Split(params, ";")...)
		}
	}
	return out
}

// An ink draws exactly as lipgloss does.
func TestInkIsTheStyle(t *testing.T) {
	for _, name := range Names() {
		s, err := For(name, true, false)
		if err != nil {
			t.Fatal(err)
		}
		for r := range roleCount {
			const word = "word"
			if s.Style(r).GetStrikethrough() {
				t.Errorf("%s, role %d: what is struck through is hard to read", name, r)
			}
			got, want := s.Paint(r, word), s.Style(r).Render(word)
			if cells(got) != cells(want) {
				t.Errorf("%s, role %d: the ink paints %q, lipgloss %q", name, r, got, want)
			}
			if s.Paint(r, "") != "" {
				t.Errorf("%s, role %d: painting nothing gives something", name, r)
			}
		}
	}
}

// cells returns what a terminal shows: each character with its attributes.
// Sequences that repeat the current state make no difference.
func cells(s string) string {
	var b strings.Builder
	state := ""
	for s != "" {
		if params, rest, ok := strings.Cut(s, "m"); ok && strings.HasPrefix(params, "\x1b[") {
			if params = params[2:]; params == "" || params == "0" {
				state = ""
			} else if params != state {
				state += params
			}
			s = rest
			continue
		}
		b.WriteString(state + ":" + s[:1] + " ")
		s = s[1:]
	}
	return b.String()
}

func TestInkInInk(t *testing.T) {
	base, mark := Ink{"<b>", "</b>"}, Ink{"<m>", "</m>"}
	got := base.Paint("a" + mark.In(base).Paint("!") + "z")
	if want := "<b>a<m>!</m><b>z</b>"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestPaintingAllocatesOnceAtMost(t *testing.T) {
	s, err := For("nord", true, false)
	if err != nil {
		t.Fatal(err)
	}
	row := strings.Repeat("key/", 20)
	if n := testing.AllocsPerRun(100, func() { _ = s.Ink(RowSelected).Paint(row) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

// Every change of a lit row also has a sign, and every sign is one cell wide.
func TestSigns(t *testing.T) {
	for _, unicode := range []bool{true, false} {
		s := SignsFor(unicode)
		for _, group := range [][]string{
			{s.Added, s.Changed, s.Removed, s.Inside},
			{s.Ephemeral, s.Leased, s.Locked, s.Draft},
			{s.Open, s.Closed},
			{s.Live, s.Waiting, s.Broken},
			{s.Holder},
		} {
			seen := map[string]bool{}
			for _, sign := range group {
				if lipgloss.Width(sign) != 1 {
					t.Errorf("%q takes %d cells", sign, lipgloss.Width(sign))
				}
				if seen[sign] {
					t.Errorf("%q means two things", sign)
				}
				if !unicode && (len(sign) != 1 || sign[0] < ' ' || sign[0] > '~') {
					t.Errorf("%q is not ASCII", sign)
				}
				seen[sign] = true
			}
		}
	}
}

func TestLitFades(t *testing.T) {
	if Lit(RowAdded, -1) != RowAdded || Lit(RowAdded, 99) != rowAdded3 || Lit(RowChanged, 1) != rowChanged2 || Lit(RowRemoved, 2) != rowRemoved3 {
		t.Error("Lit misses its steps")
	}
	for _, name := range []string{"nord", "light", "gruvbox-dark"} {
		s, err := For(name, true, false)
		if err != nil {
			t.Fatal(err)
		}
		text := s.Theme.tints[text]
		for _, first := range []Role{RowAdded, RowChanged, RowRemoved} {
			before := math.Inf(1)
			for step := range FadeSteps {
				d := distance(s.Style(Lit(first, step)).GetForeground(), text)
				if d >= before {
					t.Errorf("%s: step %d of role %d is no nearer to the text", name, step, first)
				}
				before = d
			}
		}
	}
}

func distance(a, b color.Color) float64 {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	sq := func(x, y uint32) float64 { d := float64(x) - float64(y); return d * d }
	return sq(ar, br) + sq(ag, bg) + sq(ab, bb)
}

// Converting a theme's true colours for a terminal with fewer leaves none of
// them. Bubble Tea's renderer converts with the same library.
func TestDownsampling(t *testing.T) {
	s, err := For("catppuccin-mocha", true, false)
	if err != nil {
		t.Fatal(err)
	}
	painted := s.Paint(RowSelected, "row")
	for profile, want := range map[colorprofile.Profile]string{
		colorprofile.TrueColor: "38;2;", colorprofile.ANSI256: "38;5;",
	} {
		var out bytes.Buffer
		w := colorprofile.Writer{Forward: &out, Profile: profile}
		if _, err := w.WriteString(painted); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("%v: %q", profile, out.String())
		}
	}
}
