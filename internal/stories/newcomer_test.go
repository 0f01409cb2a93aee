package stories

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// newcomer is somebody at a machine with nothing on it but Debian, its shells and, once it is
// installed, kvist. The machine is the directory root; it shares the loopback address.
type newcomer struct {
	*testing.T
	root string
}

// A newcomer installs the package, opens each store, completes in three shells, reads the manual,
// asks the doctor, and removes the package, which leaves nothing. scripts/newcomer makes the
// machine and puts the package on it; without it there is nothing to test.
func TestNewcomer(t *testing.T) {
	n := &newcomer{t, os.Getenv("KVIST_NEWCOMER")}
	if n.root == "" {
		t.Skip("make newcomer names a machine in KVIST_NEWCOMER")
	}
	before := n.files()
	n.admin("apt-get", "install", "--yes", "/root/kvist.deb")
	t.Run("use", func(t *testing.T) {
		for name, story := range map[string]func(*newcomer){
			"version": (*newcomer).asksForTheVersion, "plain": (*newcomer).opensTheDemo,
			"stores": (*newcomer).opensEachStore, "completion": (*newcomer).completes,
			"manual": (*newcomer).readsTheManual, "doctor": (*newcomer).asksTheDoctor,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				story(&newcomer{t, n.root})
			})
		}
	})
	n.admin("dpkg", "--remove", "kvist")
	after := n.files()
	for path := range after {
		if !before[path] {
			t.Errorf("%s stays when the package is removed", path)
		}
	}
	if out := n.admin("dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n"); strings.Contains(out, "kvist") {
		t.Errorf("the package is still known:\n%s", out)
	}
}

// files are the paths below the directories that belong to packages.
func (n *newcomer) files() map[string]bool {
	n.Helper()
	found := map[string]bool{}
	for _, top := range []string{"usr", "etc", "opt", "srv", "var/lib/dpkg/info"} {
		err := filepath.WalkDir(filepath.Join(n.root, top), func(path string, _ os.DirEntry, err error) error {
			found[path] = true
			return err
		})
		if err != nil {
			n.Fatal(err)
		}
	}
	return found
}

// admin runs a command as root, which has to succeed, and returns what it prints.
func (n *newcomer) admin(args ...string) string {
	n.Helper()
	cmd := exec.Command("chroot", append([]string{n.root}, args...)...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		n.Fatalf("%q: %v\n%s", args, err, out)
	}
	return string(out)
}

// home is the newcomer's own, as this machine and as the newcomer's sees it.
func (n *newcomer) home() (outside, inside string) {
	inside = "/home/newcomer"
	return filepath.Join(n.root, inside), inside
}

// command returns a command of the newcomer, who is an ordinary user and at home.
func (n *newcomer) command(args ...string) *exec.Cmd {
	_, home := n.home()
	cmd := exec.Command("chroot", append([]string{
		"--userspec=newcomer:newcomer", n.root, "/usr/bin/env", "--chdir=" + home,
	}, args...)...)
	cmd.Env = []string{
		"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + home, "USER=newcomer", "LOGNAME=newcomer", "SHELL=/bin/bash",
		"TERM=xterm-256color", "LANG=C.UTF-8",
	}
	return cmd
}

// runs runs a command to its end, and returns what it prints and its exit code.
func (n *newcomer) runs(args ...string) (out string, code int) {
	n.Helper()
	text, err := n.command(args...).CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return string(text), exit.ExitCode()
	}
	if err != nil {
		n.Fatal(err)
	}
	return string(text), 0
}

// gives puts a copy of a file into the newcomer's home, and returns where it is there.
func (n *newcomer) gives(path string) string {
	n.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		n.Fatal(err)
	}
	outside, inside := n.home()
	name := filepath.Base(path)
	n.owns(filepath.Join(outside, name), content)
	return filepath.Join(inside, name)
}

// owns writes a file that only the newcomer can read.
func (n *newcomer) owns(path string, content []byte) {
	n.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		n.Fatal(err)
	}
	if err := os.Chown(path, n.id("-u"), n.id("-g")); err != nil {
		n.Fatal(err)
	}
}

func (n *newcomer) id(which string) int {
	n.Helper()
	id, err := strconv.Atoi(strings.TrimSpace(n.admin("id", which, "newcomer")))
	if err != nil {
		n.Fatal(err)
	}
	return id
}

// asksForTheVersion asks the program, which says the version of the package.
func (n *newcomer) asksForTheVersion() {
	version := n.admin("dpkg-query", "--show", "--showformat=${Version}", "kvist")
	if out, code := n.runs("kvist", "version"); code != 0 || !strings.HasPrefix(out, "kvist "+version) {
		n.Errorf("exit code %d, %q, want version %s", code, out, version)
	}
}

// opensTheDemo starts the program without a word.
func (n *newcomer) opensTheDemo() {
	x := run(n.T, n.command("kvist"), 100, 30)
	x.Sees("embedded", "● live", "config/")
	x.Quit()
}

// opensEachStore sees a key in the explorer, and has its value printed.
func (n *newcomer) opensEachStore() {
	for _, at := range places() {
		n.Run(at.Scheme, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, at, at.Shared(t))
			s.put("hello", "value of "+at.Scheme)
			if out, code := n.runs("kvist", "get", s.address()+"/hello"); code != 0 || out != "value of "+at.Scheme {
				t.Errorf("exit code %d, %q", code, out)
			}
			x := run(t, n.command("kvist", s.address()), 110, 30)
			x.Sees("● live", " hello", "value of "+at.Scheme)
			x.Quit()
		})
	}
}

// readsTheManual reads the page of the program and of a command.
func (n *newcomer) readsTheManual() {
	for page, wants := range map[string][]string{
		"kvist":     {"KVIST(1)", "NAME\n", "SYNOPSIS\n", "--read-only", "kvist-doctor(1)"},
		"kvist-get": {"KVIST(1)", "kvist-get - Print the value of a key", "--json", "EXAMPLE"},
	} {
		out, code := n.runs("man", "--warnings", page)
		if code != 0 || strings.Contains(out, "warning:") {
			n.Errorf("man %s: exit code %d\n%s", page, code, out)
		}
		for _, want := range wants {
			if !strings.Contains(out, want) {
				n.Errorf("man %s does not say %q:\n%s", page, want, out)
			}
		}
	}
}
