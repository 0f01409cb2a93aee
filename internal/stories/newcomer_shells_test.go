package stories

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kvist/kv/kvtest"
)

// newcomersShell is a shell, its usual prompt, what its help has the newcomer write into a file
// that it reads at its start so that it completes the program's words, and what is typed first.
type newcomersShell struct{ name, prompt, file, line, first string }

func newcomersShells() []newcomersShell {
	return []newcomersShell{
		{name: "bash", prompt: "~$", file: ".bashrc", line: "source <(kvist completion bash)\n"},
		{name: "zsh", prompt: "%", file: ".zshrc", line: "autoload -U compinit; compinit\n"},
		// It finds what the package brings. What it shows before tab is pressed would look like
		// what tab has put on the line.
		{name: "fish", prompt: "~>", first: "set -g fish_autosuggestion_enabled 0\r"},
	}
}

// completes completes commands and keys, and has their values printed. A key that is a piece of
// shell is completed within an address, where it is escaped so that no shell acts on it.
func (n *newcomer) completes() {
	outside, _ := n.home()
	s := newScene(n.T, placeOf("etcdv3"), kvtest.SharedEtcd(n.T))
	s.put(`odd/it's "a key" $(touch PWNED) ;touch PWNED`, "value of odd")
	s.put("even/plain-key", "value of plain")
	for _, sh := range newcomersShells() {
		n.Run(sh.name, func(t *testing.T) {
			here := &newcomer{t, n.root}
			if sh.file != "" {
				here.owns(filepath.Join(outside, sh.file), []byte(sh.line))
			}
			x := run(t, here.command(sh.name, "-i"), 160, 40)
			x.Sees(sh.prompt)
			x.Type(sh.first)
			x.completed("kvist vers", "kvist version", "(commit ")
			x.completed("kvist get "+s.address()+"/od", "/odd/", "")
			x.completed("it", "PWNED", "value of odd")
			x.completed("kvist get etcdv3://"+s.server.Addr+" "+s.key("even/"), "/even/plain-key", "value of plain")
			x.Type("exit\r")
			x.Ends()
			if _, err := os.Stat(filepath.Join(outside, "PWNED")); err == nil {
				t.Errorf("a key was carried out as a command; what the shell wrote:\n%s", x.Stream())
			}
		})
	}
}

// completed types the beginning of a line and tab, and tab again if a busy machine took longer
// than completion may; it waits until the line has what is to be there. Unless prints is "", it
// then runs the line, which prints that, and clears the screen.
func (x *terminal) completed(typed, has, prints string) {
	x.Helper()
	x.Type(typed)
	for end := time.Now().Add(patience); !strings.Contains(x.Text(), has); {
		if time.Now().After(end) {
			x.Fatalf("%q was not completed to %q; the screen:\n%s", typed, has, x.Text())
		}
		x.Type("\t")
		for i := 0; i < 100 && !strings.Contains(x.Text(), has); i++ {
			time.Sleep(askPace)
		}
	}
	if prints == "" {
		return
	}
	x.Type("\r")
	x.Sees(prints)
	x.Type("clear\r")
	x.Until("only the prompt", func() bool {
		text := x.Text()
		return text != "" && !strings.Contains(text, prints)
	})
}
