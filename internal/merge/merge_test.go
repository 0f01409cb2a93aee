package merge

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		name, base, mine, theirs, want string
		conflicts                      int
	}{
		{"nobody changed", "a\nb", "a\nb", "a\nb", "a\nb", 0},
		{"mine alone", "a\nb\n", "a\nx\n", "a\nb\n", "a\nx\n", 0},
		{"theirs alone", "a\nb\n", "a\nb\n", "y\nb\n", "y\nb\n", 0},
		{"both the same", "a\nb\nc\n", "a\nX\nc\n", "a\nX\nc\n", "a\nX\nc\n", 0},
		{"apart", "a\nb\nc\n", "x\nb\nc\n", "a\nb\ny\n", "x\nb\ny\n", 0},
		{"apart, CRLF and no newline at the end", "a\r\nb\r\nc", "x\r\nb\r\nc", "a\r\nb\r\ny", "x\r\nb\r\ny", 0},
		{"only the last newline", "a\nb\nc\n", "x\nb\nc\n", "a\nb\nc", "x\nb\nc", 0},
		{"theirs deleted all, mine nothing", "a\nb\n", "a\nb\n", "", "", 0},
		{"made twice, alike", "", "a\n", "a\n", "a\n", 0},
		{
			"made twice", "", "a\n", "b\n",
			"<<<<<<< mine\na\n||||||| base\n=======\nb\n>>>>>>> theirs\n", 1,
		},
		{
			"the same line", "a\nb\nc\n", "a\nx\nc\n", "a\ny\nc\n",
			"a\n<<<<<<< mine\nx\n||||||| base\nb\n=======\ny\n>>>>>>> theirs\nc\n", 1,
		},
		{
			"lines that touch", "a\nb\nc\n", "x\nb\nc\n", "a\ny\nc\n",
			"<<<<<<< mine\nx\nb\n||||||| base\na\nb\n=======\na\ny\n>>>>>>> theirs\nc\n", 1,
		},
		{
			"two places", "a\nb\nc\nd\n", "1\nb\nc\n2\n", "3\nb\nc\n4\n",
			"<<<<<<< mine\n1\n||||||| base\na\n=======\n3\n>>>>>>> theirs\nb\nc\n" +
				"<<<<<<< mine\n2\n||||||| base\nd\n=======\n4\n>>>>>>> theirs\n", 2,
		},
		{
			"deleted against changed", "a\nb\n", "", "a\nx\n",
			"<<<<<<< mine\n||||||| base\na\nb\n=======\na\nx\n>>>>>>> theirs\n", 1,
		},
		{
			"CRLF", "a\r\nb\r\n", "a\r\nx\r\n", "a\r\ny\r\n",
			"a\r\n<<<<<<< mine\r\nx\r\n||||||| base\r\nb\r\n=======\r\ny\r\n>>>>>>> theirs\r\n", 1,
		},
		{
			"CRLF in base alone", "a\r\nb", "x", "y",
			"<<<<<<< mine\r\nx\r\n||||||| base\r\na\r\nb\r\n=======\r\ny\r\n>>>>>>> theirs\r\n", 1,
		},
		{
			"no newline at the end", "1", "2", "3",
			"<<<<<<< mine\n2\n||||||| base\n1\n=======\n3\n>>>>>>> theirs\n", 1,
		},
	} {
		got := Merge([]byte(c.base), []byte(c.mine), []byte(c.theirs))
		if string(got.Text) != c.want || len(got.Conflicts) != c.conflicts || got.Clean != (c.conflicts == 0) {
			t.Errorf("%s: %q with %d conflicts, want %q", c.name, got.Text, len(got.Conflicts), c.want)
		}
		if HasMarkers(got.Text) != (c.conflicts > 0) {
			t.Errorf("%s: HasMarkers(%q) is wrong", c.name, got.Text)
		}
	}
}

func TestConflictsKeepTheBytes(t *testing.T) {
	got := Merge([]byte("k\nold"), []byte("k\nmine\x00\xff"), []byte("k\ntheirs")).Conflicts
	if len(got) != 1 || string(got[0].Base) != "old" || string(got[0].Mine) != "mine\x00\xff" || string(got[0].Theirs) != "theirs" {
		t.Errorf("conflicts %+v", got)
	}
}

func TestHasMarkers(t *testing.T) {
	for text, want := range map[string]bool{
		"":                          false,
		"Title\n=======\ntext\n":    false,
		"a <<<<<<< b":               false,
		"<<<<<<<<<<":                false,
		">>>>>>> ":                  true,
		"x\r\n<<<<<<< HEAD\r\ny":    true,
		"half done\n||||||| base":   true,
		"half done\n>>>>>>> theirs": true,
	} {
		if HasMarkers([]byte(text)) != want {
			t.Errorf("HasMarkers(%q) = %v", text, !want)
		}
	}
}

// resolve replaces every conflict by one side.
func resolve(r Result, side func(Conflict) []byte) []byte {
	var out []byte
	at := 0
	for _, c := range r.Conflicts {
		out = append(append(out, r.Text[at:c.Start]...), side(c)...)
		at = c.End
	}
	return append(out, r.Text[at:]...)
}

func TestMergeLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, mine, theirs := text(t, "base"), text(t, "mine"), text(t, "theirs")
		same := func(what string, r Result, want []byte) {
			if !r.Clean || !bytes.Equal(r.Text, want) {
				t.Fatalf("%s: %q, want %q", what, r.Text, want)
			}
		}
		same("mine alone", Merge(base, mine, base), mine)
		same("theirs alone", Merge(base, base, theirs), theirs)
		same("both alike", Merge(base, mine, mine), mine)

		one, other := Merge(base, mine, theirs), Merge(base, theirs, mine)
		if len(one.Conflicts) != len(other.Conflicts) || one.Clean && !bytes.Equal(one.Text, other.Text) {
			t.Fatalf("%q one way, %q the other", one.Text, other.Text)
		}
		for i, c := range one.Conflicts {
			o := other.Conflicts[i]
			if !bytes.Equal(c.Mine, o.Theirs) || !bytes.Equal(c.Theirs, o.Mine) || !bytes.Equal(c.Base, o.Base) {
				t.Fatalf("conflict %+v one way, %+v the other", c, o)
			}
			if bytes.Equal(c.Mine, c.Theirs) || bytes.Equal(c.Mine, c.Base) || bytes.Equal(c.Theirs, c.Base) {
				t.Fatalf("%+v is no conflict", c)
			}
		}
		mineAgain := resolve(one, func(c Conflict) []byte { return c.Mine })
		theirsAgain := resolve(other, func(c Conflict) []byte { return c.Mine })
		if one.Clean && !bytes.Equal(mineAgain, theirsAgain) {
			t.Fatal("a clean merge has two outcomes")
		}
	})
}

// edits generates changes of n lines that are all different: some are changed,
// some deleted, some have others inserted before them. New lines are unique,
// except for a few that both sides may add alike.
func edits(t *rapid.T, n int, who string) string {
	var b strings.Builder
	for i := range n {
		switch rapid.IntRange(0, 11).Draw(t, who) {
		case 0: // deleted
		case 1:
			fmt.Fprintf(&b, "%s changed %d\n", who, i)
		case 2:
			fmt.Fprintf(&b, "both changed %d\n", i)
		case 3:
			fmt.Fprintf(&b, "%s new %d\nline %d\n", who, i, i)
		default:
			fmt.Fprintf(&b, "line %d\n", i)
		}
	}
	s := b.String()
	switch rapid.IntRange(0, 5).Draw(t, who+"'s end") {
	case 0:
		s += who + " end\n"
	case 1:
		s = strings.TrimSuffix(s, "\n")
	}
	return s
}

// Where every line of base is different there is only one shortest way from
// base to the edited text, so that git finds the same changes, and its merge is
// equal byte for byte. Where lines repeat, git and this package may pair them
// differently, and both be right; that is not compared. Git looks at other
// lines to choose between LF and CRLF for added ones, so the line ends of
// markers are ignored, and with CRLF also conflicts with a last line without a
// newline.
func TestMergeAgreesWithGit(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := t.TempDir()
	compared, conflicts := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(t, "lines")
		var base strings.Builder
		for i := range n {
			fmt.Fprintf(&base, "line %d\n", i)
		}
		texts := []string{edits(t, n, "mine"), base.String(), edits(t, n, "theirs")}
		crlf := rapid.Bool().Draw(t, "CRLF")
		if crlf {
			for i := range texts {
				texts[i] = strings.ReplaceAll(texts[i], "\n", "\r\n")
			}
		}
		got := Merge([]byte(texts[1]), []byte(texts[0]), []byte(texts[2]))
		if k := len(got.Conflicts); crlf && k > 0 && openEnd(got.Conflicts[k-1]) {
			return
		}
		args := []string{"merge-file", "-p", "--diff3", "-L", "mine", "-L", "base", "-L", "theirs"}
		for i, text := range texts {
			file := filepath.Join(dir, strconv.Itoa(i))
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, file)
		}
		want, err := exec.Command(git, args...).Output()
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() > 127) {
			t.Fatal(err)
		}
		if bareMarkers(got.Text) != bareMarkers(want) {
			t.Fatalf("merged\n%q\ngit\n%q", got.Text, want)
		}
		compared++
		conflicts += len(got.Conflicts)
	})
	least := 50
	if testing.Short() {
		least = 10 // rapid then draws a fifth
	}
	if compared < least || conflicts == 0 {
		t.Errorf("only %d merges with %d conflicts were compared", compared, conflicts)
	}
}

// bareMarkers returns text with no "\r" after its markers.
func bareMarkers(text []byte) string {
	bare := string(text)
	for _, mark := range []string{markMine, markBase, markTheirs, markEnd} {
		bare = strings.ReplaceAll(bare, mark+"\r", mark)
	}
	return bare
}

// openEnd reports whether a side of the conflict ends without a newline.
func openEnd(c Conflict) bool {
	for _, side := range [][]byte{c.Mine, c.Base, c.Theirs} {
		if len(side) > 0 && side[len(side)-1] != '\n' {
			return true
		}
	}
	return false
}

func BenchmarkMerge(b *testing.B) {
	var text strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&text, "line %d of a long value\n", i)
	}
	base := text.String()
	mine := []byte(strings.ReplaceAll(base, "5 of", "5 of (mine)"))
	theirs := []byte(strings.ReplaceAll(base, "0 of", "0 of (theirs)"))
	b.SetBytes(int64(len(base)))
	for b.Loop() {
		Merge([]byte(base), mine, theirs)
	}
}
