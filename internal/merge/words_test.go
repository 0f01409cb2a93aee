package merge

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// marked returns a line with its changes in brackets.
func marked(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Changed {
			b.WriteString("[" + p.Text + "]")
			continue
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

func TestWordsMarkWhatDiffers(t *testing.T) {
	for _, c := range []struct{ name, old, now, wantOld, wantNow string }{
		{"a number", "burst: 2400", "burst: 3600", "burst: [2400]", "burst: [3600]"},
		{"a digit of a number", "v1/batches", "v2/batches", "[v1]/batches", "[v2]/batches"},
		{"two places", `{"a":1,"b":2,"c":3}`, `{"a":9,"b":2,"c":8}`, `{"a":[1],"b":2,"c":[3]}`, `{"a":[9],"b":2,"c":[8]}`},
		{"something more", `{"a":1}`, `{"a":1,"b":2}`, `{"a":1}`, `{"a":1[,"b":2]}`},
		{"nothing in common", "alpha", "omega", "[alpha]", "[omega]"},
		{"the same", "alpha", "alpha", "alpha", "alpha"},
		{"the same without a word", "---", "---", "---", "---"},
		{"a blank at the end", "alpha", "alpha ", "alpha", "alpha[ ]"},
		{"from nothing", "", "alpha", "", "[alpha]"},
		{"a mark belongs to its letter", "cafe x", "cafe\u0301 x", "[cafe] x", "[cafe\u0301] x"},
		{"bytes that are no UTF-8", "a \xff b", "a \xfe b", "a [\xff] b", "a [\xfe] b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			old, now := Words(c.old, c.now)
			if marked(old) != c.wantOld || marked(now) != c.wantNow {
				t.Errorf("got %q and %q, want %q and %q", marked(old), marked(now), c.wantOld, c.wantNow)
			}
		})
	}
}

// The parts of each side, joined, are its line, for lines of few letters and of
// bytes of any kind.
func TestWordsKeepTheLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.OneOf(rapid.StringMatching(`[ab1 ,]{0,12}`), rapid.String())
		old, now := line.Draw(t, "old"), line.Draw(t, "now")
		oldParts, nowParts := Words(old, now)
		if lineOf(oldParts) != old || lineOf(nowParts) != now {
			t.Fatalf("the parts of %q and %q are %+v and %+v", old, now, oldParts, nowParts)
		}
		if changed := strings.Contains(marked(oldParts)+marked(nowParts), "["); changed != (old != now) && !strings.ContainsAny(old+now, "[]") {
			t.Fatalf("%q and %q: %+v %+v", old, now, oldParts, nowParts)
		}
		if same(oldParts) != same(nowParts) {
			t.Fatalf("what is the same in %q and %q differs: %q, %q", old, now, same(oldParts), same(nowParts))
		}
	})
}

// lineOf returns the line that parts make.
func lineOf(parts []Part) string {
	s := ""
	for _, p := range parts {
		s += p.Text
	}
	return s
}

// same returns what a line has in common with the other.
func same(parts []Part) string {
	s := ""
	for _, p := range parts {
		if !p.Changed {
			s += p.Text
		}
	}
	return s
}

func BenchmarkWordsOfALongLine(b *testing.B) {
	line := strings.Repeat(`{"host": "10.0.0.0", "port": 8080}, `, 800)
	now := strings.Replace(line, "8080", "8081", 1) + "x"
	for b.Loop() {
		Words(line, now)
	}
}
