package stories

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kvist/kv/kvtest"
)

// withRealEditor sets an installed editor as $EDITOR, without the user's own
// settings.
func (s *scene) withRealEditor(command string) {
	s.Helper()
	name, _, _ := strings.Cut(command, " ")
	if _, err := exec.LookPath(name); err != nil {
		s.Skip(name, "is not there")
	}
	s.home.env = append(s.home.env, "EDITOR="+command)
}

// holds fails unless a key has exactly this value now: the native command lines
// are read without the line end at the end.
func (s *scene) holds(name, value string) {
	s.Helper()
	out, err := s.home.command("get", s.address()+"/"+name).Output()
	if err != nil || string(out) != value {
		s.Errorf("%s is %q, not %q: %v", name, out, value, err)
	}
}

// The editor gets the terminal itself, on all three ways to it, and none of
// kvist's secrets.
func TestTheEditorHasTheTerminal(t *testing.T) {
	s := onEtcd(t)
	s.home.env = append(s.home.env, "KVIST_TOKEN=of-kvist-alone", "OTHER=told")
	s.withEditor(`[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && printf 'tty "%s" "%s"' "$KVIST_TOKEN" "$OTHER" > "$1"`)
	x := s.with("a")
	x.Sees("value of a")
	x.Press("E")
	x.Sees("saved "+s.key("a"), `tty "" "told"`)
	x.Quit()
}

// vim gets the terminal without a message and without a delay, and a value that
// it only showed is not written, line end or no.
func TestVimChangesNothing(t *testing.T) {
	onEach(t, func(s *scene) {
		s.withRealEditor("vim -u NONE")
		s.put("scalar", "30s")
		x := s.open()
		x.Sees("30s")
		began := time.Now()
		x.Press("E")
		x.Sees("Incomplete last line")
		if took := time.Since(began); took > kvtest.Allow(2*time.Second) {
			t.Errorf("vim took %s to come: it waits where its output is no terminal", took)
		}
		x.Type(":wq\r")
		x.Sees("nothing was changed")
		if strings.Contains(x.Stream(), "not to a terminal") {
			t.Error("vim complains of its terminal")
		}
		s.holds("scalar", "30s")
		x.Type("E")
		x.Sees("Incomplete last line")
		x.Type("cwtrue\x1b:wq\r")
		x.Sees("saved " + s.key("scalar"))
		s.holds("scalar", "true")
		x.Quit()
	})
}

// If an editor added a line end to several changed lines, kvist asks, and every
// answer does what it says.
func TestTheAddedLineEndIsAskedAbout(t *testing.T) {
	for answer, want := range map[string]string{"y": "one\ntwo!\n", "n": "one\ntwo!"} {
		t.Run(answer, func(t *testing.T) {
			s := onEtcd(t)
			s.withRealEditor("vim -u NONE")
			s.put("list", "one\ntwo")
			x := s.open()
			x.Sees("two", "no line end at the end of the value")
			x.Press("E")
			x.Sees("Incomplete last line")
			x.Type("GA!\x1b:wq\r")
			x.Asked("Keep the line end?")
			x.Answer(answer)
			x.Sees("saved " + s.key("list"))
			s.holds("list", want)
			x.Quit()
		})
	}
	t.Run("esc", func(t *testing.T) {
		s := onEtcd(t)
		s.withRealEditor("vim -u NONE")
		s.put("list", "one\ntwo")
		x := s.open()
		x.Sees("two")
		x.Press("E")
		x.Sees("Incomplete last line")
		x.Type("GA!\x1b:wq\r")
		x.Asked("Keep the line end?")
		x.Press("esc")
		x.Sees("not saved")
		s.holds("list", "one\ntwo")
		x.Quit()
		if kept := s.home.drafts(s.address()); len(kept) != 1 || string(kept[0].Mine) != "one\ntwo!\n" {
			t.Errorf("kept are %+v", kept)
		}
	})
}

// A value that the inline editor passes to vim keeps its end, too, and returns
// unchanged when vim changed nothing.
func TestVimBehindTheInlineEditor(t *testing.T) {
	s := onEtcd(t)
	s.withRealEditor("vim -u NONE")
	s.put("scalar", "30s")
	x := s.open()
	x.Sees("30s")
	x.Press("e")
	x.Sees("Edit")
	x.Type("1")
	x.Sees("130s")
	x.Press("ctrl+o")
	x.Sees("Incomplete last line")
	x.Type(":wq\r")
	x.Sees("nothing was changed in $EDITOR", "Edit", "130s")
	s.holds("scalar", "30s")
	x.Press("ctrl+o")
	x.Sees("Incomplete last line")
	x.Type("i2\x1b:wq\r")
	x.Sees("saved " + s.key("scalar"))
	s.holds("scalar", "2130s")
	x.Quit()
}

// nano ends what it saves with a line end, too.
func TestNano(t *testing.T) {
	s := onEtcd(t)
	s.withRealEditor("nano -I")
	s.put("scalar", "false")
	x := s.open()
	x.Sees("false")
	x.Press("E")
	x.Sees("GNU nano")
	x.Press("ctrl+k")
	x.Type("true")
	x.Press("ctrl+o", "enter")
	x.Press("ctrl+x")
	x.Sees("saved " + s.key("scalar"))
	s.holds("scalar", "true")
	x.Quit()
}

// $EDITOR with quotes and arguments is run by a shell, and a long name with an
// extension fits a file.
func TestEditorsArgumentsAndLongNames(t *testing.T) {
	s := onEtcd(t)
	script := s.home.write("my editor", `#!/bin/sh
[ "$1" = "two words" ] && printf '%s' "${#2} ${2##*.}" > "$2"
`)
	if err := os.Chmod(script, 0o700); err != nil {
		t.Fatal(err)
	}
	s.home.env = append(s.home.env, "EDITOR=false", `VISUAL='`+filepath.Base(filepath.Dir(script))+`/../my editor' "two words"`)
	s.home.env[len(s.home.env)-1] = `VISUAL="$HOME/my editor" "two words"`
	name := strings.Repeat("n", 300) + ".yaml"
	s.put(name, "v")
	x := s.open()
	x.Sees("YAML · 1 B")
	x.Press("E")
	x.Sees("saved ", " yaml")
	x.Quit()
}
