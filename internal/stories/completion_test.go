package stories

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kvist/kv/kvtest"
)

// bashCompletion is where Debian installs the package bash-completion.
const bashCompletion = "/usr/share/bash-completion/bash_completion"

// lineShell is a shell in which completion is tested.
type lineShell struct {
	name  string
	args  []string
	setup string // makes it complete kvist
}

func lineShells() []lineShell {
	bash := []string{"--noprofile", "--norc", "-i"}
	return []lineShell{
		{"bash", bash, "source " + bashCompletion + "; source <(kvist completion bash)"},
		{"bash without its package", bash, "source <(kvist completion bash)"},
		{"zsh", []string{"-f", "-i"}, "autoload -U compinit; compinit -u -D; source <(kvist completion zsh)"},
		{"fish", []string{"--no-config", "-i"}, "kvist completion fish | source"},
	}
}

// start starts a shell in a home directory, with the program on its PATH and
// completion set up.
func (sh lineShell) start(s *scene) *terminal {
	s.Helper()
	name, _, _ := strings.Cut(sh.name, " ")
	path, err := exec.LookPath(name)
	if _, missing := os.Stat(bashCompletion); err == nil && sh.name == "bash" {
		err = missing
	}
	if err != nil && os.Getenv("CI") == "" {
		s.Skip(err)
	} else if err != nil {
		s.Fatal(err)
	}
	cmd := exec.Command(path, sh.args...)
	cmd.Dir = s.home.dir
	cmd.Env = append(slices.Clone(s.home.env), "PATH="+filepath.Dir(built.path(s.T))+":"+os.Getenv("PATH"), "PS1=> ", "INPUTRC=/dev/null")
	x := run(s.T, cmd, 160, 40)
	x.Type(sh.setup + "; echo rea'd'y\r")
	x.prompted("ready")
	return x
}

// prompted waits until the shell has written a line and its prompt below it. A line that is
// typed earlier stands on the screen twice, by the terminal and by the shell behind its prompt,
// and the edge of the screen may break what is looked for.
func (x *terminal) prompted(line string) {
	x.Helper()
	x.Until("the prompt below "+line, func() bool {
		_, below, written := strings.Cut(x.Text(), "\n"+line+"\n")
		return written && strings.TrimSpace(below) != ""
	})
}

// asks types a line, presses tab twice, and waits for what is offered or
// completed.
func (x *terminal) asks(line string, sees ...string) {
	x.Helper()
	x.Type(line + "\t")
	x.Sees(sees...)
	x.Type("\t")
}

// forget clears the line and waits until the shell has run another one and asks for the next.
func (x *terminal) forget(number int) {
	x.Helper()
	x.Press("ctrl+e", "ctrl+u")
	x.Type(fmt.Sprintf("echo x%d-x\r", number))
	x.prompted(fmt.Sprintf("x%d-x", number))
}

// hostileNames are beginnings of keys that would make a file in the shell's
// directory if a shell ran them.
func hostileNames(file string) []string {
	return []string{
		"`touch${IFS}" + file + "`", "$(touch${IFS}" + file + ")", "x y$(touch " + file + ")|", ">" + file, "x;touch${IFS}" + file + ";",
		"'`touch " + file + "`'", "_activeHelp_ `touch " + file + "`", "=touch " + file, "-x;touch " + file, "~`touch " + file + "`",
	}
}

// Completion runs nothing of a key: two keys begin with a piece of shell, the
// shell puts their common part on the line, and completion is asked again.
func TestCompletionRunsNothingOutOfAKey(t *testing.T) {
	t.Parallel()
	for _, sh := range lineShells() {
		t.Run(sh.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, placeOf("etcdv3"), kvtest.SharedEtcd(t))
			for i, name := range hostileNames("PWN") {
				s.put(fmt.Sprintf("d%d/%s1", i, name), "v")
				s.put(fmt.Sprintf("d%d/%s2", i, name), "v")
			}
			s.put("plain/key-one", "v")
			s.put("plain/key-two", "v")
			x := sh.start(s)
			for i := range hostileNames("PWN") {
				x.asks(fmt.Sprintf("kvist get %s/d%d/", s.address(), i), "%")
				x.forget(i)
				x.Type(fmt.Sprintf("kvist get etcdv3://%s %s\t\t\t", s.server.Addr, s.key(fmt.Sprintf("d%d/", i))))
				x.forget(100 + i)
			}
			x.asks("kvist get "+s.address()+"/plain/k", "/plain/key-")
			x.forget(201)
			x.asks("kvist get etcdv3://"+s.server.Addr+" "+s.key("plain/k"), " "+s.key("plain/key-"))
			x.forget(202)
			completesWhole(s, x)
			if _, err := os.Stat(filepath.Join(s.home.dir, "PWN")); err == nil {
				t.Errorf("a key was carried out as a command; the screen:\n%s", x.Text())
			}
			if strings.Contains(x.Stream(), "command not found") || strings.Contains(x.Stream(), "Unknown command") {
				t.Errorf("the shell complains:\n%s", x.Text())
			}
		})
	}
}

// completesWhole asks for a key with everything that a shell or a terminal acts
// on, behind its address and behind a profile, and reads it. A settings file
// whose profile is a piece of shell is refused, and offers nothing.
func completesWhole(s *scene, x *terminal) {
	s.Helper()
	s.home.write("config/kvist/config.toml", fmt.Sprintf("[profile.\"we-ird.1\"]\naddress = %q\n", s.address()))
	for i, at := range []string{s.address(), "we-"} {
		folder := fmt.Sprintf("/whole%d/", i)
		s.put(folder[1:]+"a b'\"$(touch PWN)`x`;\n*é", fmt.Sprintf("found %d", i))
		x.Type("kvist get " + at)
		if at == "we-" {
			x.Type("\t")
			x.Sees("get we-ird.1")
		}
		x.Type(folder + "\t")
		x.Until("the whole key", func() bool {
			return strings.Contains(strings.ReplaceAll(x.Text(), `\`, ""), folder+"a%20b%27%22%24%28touch%20PWN%29%60x%60%3B%0A%2A%C3%A9")
		})
		x.Press("enter")
		x.Sees(fmt.Sprintf("\nfound %d", i))
		x.forget(300 + i)
	}
	s.home.write("config/kvist/config.toml", "[profile.\"$(touch PWN)\"]\naddress = \"embedded://\"\n[profile.\"`touch PWN`\"]\naddress = \"embedded://\"\n")
	x.Type("kvist get \t\t\t")
	x.forget(400)
}

// completesInQuotes asks for a key behind a quote that is still open, which is closed
// behind a key, and for a name that would run something.
func completesInQuotes(s *scene, x *terminal, quote string) {
	s.Helper()
	line := "kvist get " + quote + s.address()
	x.Type(line + "/a=b:\t")
	x.Sees("> " + line + "/a=b:c@d/")
	x.Type("\t")
	x.Sees("> " + line + "/a=b:c@d/key" + quote)
	x.Press("ctrl+e", "ctrl+u")
	for _, hostile := range hostileNames("PWN") {
		if !strings.Contains(hostile, quote) {
			x.Type("kvist get " + quote + hostile + "/\t")
			x.Press("ctrl+e", "ctrl+u")
		}
	}
}

// A word that bash breaks into several is completed, also behind an opened quote.
func TestCompletionOfSeveralWords(t *testing.T) {
	t.Parallel()
	for _, sh := range lineShells()[:2] {
		t.Run(sh.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, placeOf("etcdv3"), kvtest.SharedEtcd(t))
			s.put("a=b:c@d/key", "value of it")
			x := sh.start(s)
			x.Type("kvist get " + s.address() + "/a=b:\t")
			x.Sees("> kvist get " + s.address() + "/a=b:c@d/")
			x.Type("\t")
			x.Sees("> kvist get " + s.address() + "/a=b:c@d/key")
			x.Press("enter")
			x.Sees("value of it")
			for i, quote := range []string{`"`, "'"} {
				completesInQuotes(s, x, quote)
				x.forget(i)
			}
			if _, err := os.Stat(filepath.Join(s.home.dir, "PWN")); err == nil {
				t.Errorf("completion has run what stands between quotes; the screen:\n%s", x.Text())
			}
		})
	}
}
