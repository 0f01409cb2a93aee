package stories

import (
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// shell starts an interactive shell, with job control, in a terminal.
func (h *home) shell() *terminal {
	h.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		h.Skip("bash is not there")
	}
	cmd := exec.Command(bash, "--norc", "-i")
	cmd.Dir, cmd.Env = h.dir, append(slices.Clone(h.env), "PS1=$?shell> ", "HISTFILE=")
	x := run(h.T, cmd, 110, 32)
	x.Sees("0shell>")
	return x
}

// inShell opens the scene from a shell.
func (s *scene) inShell() *terminal {
	s.Helper()
	x := s.home.shell()
	x.Type(built.path(s.T) + " " + s.address() + "\r")
	x.Sees("● live")
	return x
}

// backInShell waits for the shell's prompt and ends the shell.
func (x *terminal) backInShell() {
	x.Helper()
	x.Until("the prompt at the end", func() bool {
		return strings.HasSuffix(strings.TrimSpace(x.Text()), "0shell>")
	})
	x.Type("exit\r")
	x.Ends()
}

// cooked reports whether the terminal has the shell's own modes, or those that
// it starts programs with.
func (x *terminal) cooked() bool {
	x.Helper()
	modes, err := unix.IoctlGetTermios(int(x.File().Fd()), unix.TCGETS)
	if err != nil {
		x.Fatal(err)
	}
	return modes.Oflag&unix.OPOST != 0
}

// ctrl+z gives the terminal back to the shell, from a pane, from a dialog and
// from the editor, and fg restores everything.
func TestSuspend(t *testing.T) {
	s := onEtcd(t)
	s.put("a", "value of a")
	x := s.inShell()
	x.Sees("value of a")
	for _, c := range []struct{ where, sees string }{{"", "value of a"}, {"?", "page 1 of "}, {"\x1b", "value of a"}, {"eyyy", "yyyvalue of a"}} {
		x.Type(c.where)
		x.Sees(c.sees)
		if c.where == "\x1b" { // else it would be alt and the next key
			x.SeesNot("page 1 of ")
		}
		x.Press("ctrl+z")
		x.Sees("Stopped", "shell>")
		x.SeesNot("● live")
		if !x.cooked() {
			t.Error("the shell has no modes of its own")
		}
		s.put("b", c.where)
		x.Type("clear; fg\r")
		x.Sees("● live", c.sees)
		x.SeesNot("shell>")
	}
	x.Press("ctrl+s")
	x.Sees("saved")
	s.holds("a", "yyyvalue of a")
	x.Answer("q")
	x.backInShell()
}

// ctrl+z right after fg stops again.
func TestSuspendAgain(t *testing.T) {
	s := onEtcd(t)
	s.put("a", "value of a")
	x := s.inShell()
	for range 10 {
		x.Press("ctrl+z")
		x.Sees("Stopped", "shell>")
		x.Type("clear; fg\r")
		x.Sees("● live", "value of a")
	}
	x.Press("q")
	x.backInShell()
}

// A stop from outside works like ctrl+z, and after one that cannot be caught
// the screen is drawn again.
func TestStoppedFromOutside(t *testing.T) {
	for name, signal := range map[string]func(pid int) error{
		"as kill -TSTP %1":  func(pid int) error { return unix.Kill(-pid, unix.SIGTSTP) },
		"as kill -TSTP PID": func(pid int) error { return unix.Kill(pid, unix.SIGTSTP) },
		"as kill -STOP %1":  func(pid int) error { return unix.Kill(-pid, unix.SIGSTOP) },
	} {
		t.Run(name, func(t *testing.T) {
			s := onEtcd(t)
			s.put("a", "value of a")
			x := s.inShell()
			x.Sees("value of a")
			out, err := exec.Command("pgrep", "-P", strconv.Itoa(x.Cmd.Process.Pid)).Output()
			if err != nil {
				t.Fatal(err)
			}
			pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
			if err != nil {
				t.Fatal(err)
			}
			if err := signal(pid); err != nil {
				t.Fatal(err)
			}
			x.Sees("Stopped")
			x.Type("stty sane; clear; fg\r")
			x.Sees("● live", "value of a")
			s.put("b", "value of b")
			x.Sees(" b")
			x.Press("j")
			x.Sees("value of b")
			x.Press("q")
			x.backInShell()
		})
	}
}

// Without a shell to go back to, ctrl+z says so and stops nothing.
func TestNothingToSuspendTo(t *testing.T) {
	s := onEtcd(t)
	x := s.with("a")
	x.Sees("value of a")
	for i := range 10 { // the screen is given back and taken again, at once
		x.Press("ctrl+z")
		x.Sees("there is no shell to go back to")
		now := fmt.Sprint("what it is now, ", i)
		s.put("a", now)
		x.Sees(now)
	}
	x.Quit()
}

// ctrl+z in vim stops both, and fg resumes vim.
func TestVimIsSuspended(t *testing.T) {
	s := onEtcd(t)
	s.withRealEditor("vim -u NONE")
	s.put("a", "value of a")
	x := s.inShell()
	x.Sees("value of a")
	x.Press("E")
	x.Sees("Incomplete last line")
	x.Press("ctrl+z")
	x.Sees("Stopped", "shell>")
	x.Type("clear; fg\r")
	x.SeesNot("shell>")
	x.Sees("value of a", "~")
	x.Type("Aback\x1b:wq\r")
	x.Sees("saved")
	s.holds("a", "value of aback")
	x.Answer("q")
	x.backInShell()
}

// An interrupt that is typed for an editor does not end kvist.
func TestInterruptInTheEditor(t *testing.T) {
	s := onEtcd(t)
	s.withEditor(`trap 'printf interrupted > "$1"; exit 0' INT
echo ready; while :; do sleep 0.05; done`)
	x := s.with("a")
	x.Sees("value of a")
	x.Press("E")
	x.Sees("ready")
	x.Press("ctrl+c")
	x.Sees("saved "+s.key("a"), "interrupted")
	if strings.Contains(x.Text(), "ready") {
		t.Error("what the editor wrote is still there")
	}
	x.Quit()
}
