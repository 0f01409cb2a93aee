package stories

import (
	"maps"
	"os/exec"
	"strings"
	"testing"
)

// edits puts a word before the value under the cursor.
func (x *terminal) edits(word string) {
	x.Helper()
	x.Answer("e")
	x.Sees(" editing ")
	x.Type(word)
	x.Press("ctrl+s")
	x.Sees("saved ", word+"value of")
	x.Answer("1") // keys right behind a save are ignored
}

// Of two programs on one store each undoes by u what it wrote itself, and lists
// what the other wrote in the journal, where it can be undone, too.
func TestTwoProgramsUndoTheirOwn(t *testing.T) {
	onEach(t, func(s *scene) {
		first := s.with("a", "b")
		second := s.open()
		second.Sees(" a")
		second.Press("j")
		second.Sees("value of b")
		first.edits("first ")
		second.edits("second ")
		first.Press("u")
		first.Asked("Undo", s.key("a"), "1 key will be put back")
		first.Answer("y")
		first.Sees("undone")
		s.stays("a", "value of a")
		s.stays("b", "second value of b")
		first.Press("U")
		first.Sees("─ Journal ─", "change "+s.key("b"), "change "+s.key("a"))
		second.Press("u")
		second.Asked("Undo", s.key("b"), "1 key will be put back")
		second.Answer("y")
		second.Sees("undone")
		s.stays("b", "value of b")
		first.Quit()
		second.Quit()
	})
}

// Undo over a slow link: what is typed while it is worked out or under way does
// nothing.
func TestUndoOverASlowLink(t *testing.T) {
	onEach(t, func(s *scene) {
		s.far()
		x := s.with("a", "b")
		x.edits("mine ")
		s.link.Delay(delay)
		x.Types("u")
		x.Types("yDyy") // before the question is there
		x.Asked("Undo", s.key("a"), "1 key will be put back")
		s.stays("a", "mine value of a")
		x.Answer("y")
		x.Types("yyj")
		x.Sees("undone, put back 1 key")
		x.readsUp()
		s.link.Delay(0)
		x.Quit()
		s.stays("a", "value of a")
		s.stays("b", "value of b")
	})
}

// A write that cannot be recorded is not sent: it says why, and how to write
// without a journal.
func TestNoWriteWithoutItsRecord(t *testing.T) {
	for name, start := range map[string]func(s *scene) *exec.Cmd{
		"no directory": func(s *scene) *exec.Cmd {
			s.home.write("state/kvist/journal", "a file where the directory should be")
			return s.home.command(s.address())
		},
		"no room": func(s *scene) *exec.Cmd {
			kvist := s.home.command(s.address())
			cmd := exec.Command("/bin/sh", "-c", `ulimit -f 0; exec "$@"`, "sh", kvist.Path, s.address())
			cmd.Dir, cmd.Env = kvist.Dir, kvist.Env
			return cmd
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := onEtcd(t)
			s.put("a", "value of a")
			s.put("dir/b", "value of b")
			was := s.client.State(s.prefix)
			x := run(s.T, start(s), 110, 32)
			x.Sees("● live", "value of a")
			x.Press("e")
			x.Sees(" editing ")
			x.Type("mine ")
			x.Press("ctrl+s")
			x.Until("the sentence", func() bool { return strings.Contains(joined(x.Text()), "--journal off") })
			if is := s.client.State(s.prefix); !maps.Equal(is, was) {
				s.Errorf("something was written: %v, and was %v", is, was)
			}
			x.Kill()
			x = s.open("--journal", "off")
			x.Sees("value of a")
			x.Press("e")
			x.Sees("─ Edit ")
			x.Type("now ")
			x.Press("ctrl+s")
			x.Sees("saved "+s.key("a"), "now ")
		})
	}
}

// joined is the text of a screen without its line breaks.
func joined(text string) string { return strings.Join(strings.Fields(text), " ") }
