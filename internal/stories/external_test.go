package stories

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// withEditor gives the scene an $EDITOR: a script that finds the file to edit
// in $1.
func (s *scene) withEditor(script string) {
	s.Helper()
	path := s.home.write("editor", "#!/bin/sh\n"+script)
	if err := os.Chmod(path, 0o700); err != nil {
		s.Fatal(err)
	}
	s.home.env = append(s.home.env, "EDITOR="+path)
}

// A file that $EDITOR leaves is saved, byte for byte.
func TestEditOutside(t *testing.T) {
	onEach(t, func(s *scene) {
		s.withEditor(`printf 'tab\there\r\nno newline at the end' > "$1"`)
		x := s.with("a")
		x.Sees("value of a")
		x.Press("E")
		x.Sees("saved "+s.key("a"), `tab`)
		s.stays("a", "tab\there\r\nno newline at the end")
		x.Quit()
	})
}

// A value that the inline editor would not return byte for byte is left to
// $EDITOR, and so is a binary one.
func TestBinaryIsEditedOutside(t *testing.T) {
	s := onEtcd(t)
	s.withEditor(`printf '\001\002\377' > "$1"`)
	s.put("blob", "\x01\x02\xfe")
	x := s.open()
	x.Sees("01 02 fe")
	x.Press("e")
	x.Asked("cannot be edited here", "it is not valid UTF-8", "open it in $EDITOR")
	x.Answer("E")
	x.Sees("saved "+s.key("blob"), "01 02 ff")
	s.stays("blob", "\x01\x02\xff")
	x.Quit()
}

// A conflict after $EDITOR can be merged in $EDITOR again.
func TestConflictAfterEditingOutside(t *testing.T) {
	s := onEtcd(t)
	begun, goOn := filepath.Join(s.home.dir, "begun"), filepath.Join(s.home.dir, "go-on")
	s.withEditor(fmt.Sprintf(`if [ -e %[1]s ]; then grep -q 'theirs' "$1" && exit 0; exit 1; fi
touch %[1]s
while [ ! -e %[2]s ]; do sleep 0.05; done
sed -i 's/^one$/one, mine/' "$1"`, begun, goOn))
	s.put("list", "one\ntwo\nthree\n")
	x := s.open()
	x.Sees("three")
	x.Press("E")
	s.eventually("the editor", func() bool { _, err := os.Stat(begun); return err == nil })
	s.put("list", "one\ntwo\nthree, theirs\n")
	s.home.write("go-on", "")
	x.Asked("Conflict", "+ one, mine", "+ three, theirs")
	x.Answer("m")
	x.Sees("saved " + s.key("list"))
	s.stays("list", "one, mine\ntwo\nthree, theirs\n")
	x.Quit()
}

// If the terminal goes away while $EDITOR runs, the edited text is kept.
func TestDraftOfTheOutsideEditor(t *testing.T) {
	s := onEtcd(t)
	begun, goOn := filepath.Join(s.home.dir, "begun"), filepath.Join(s.home.dir, "go-on")
	s.withEditor(fmt.Sprintf(`touch %s
while [ ! -e %s ]; do sleep 0.05; done
printf 'precious' > "$1"`, begun, goOn))
	x := s.with("a")
	x.Sees("value of a")
	s.put("a", "changed so that nothing can be saved") // the draft stays, whichever comes first
	x.Sees("changed so that")
	x.Press("E")
	s.eventually("the editor", func() bool { _, err := os.Stat(begun); return err == nil })
	s.put("a", "changed again")
	x.Signal(syscall.SIGHUP)
	s.home.write("go-on", "")
	x.Ends()
	kept := s.home.drafts(s.address())
	if len(kept) != 1 || string(kept[0].Mine) != "precious" {
		t.Errorf("kept are %+v", kept)
	}
}
