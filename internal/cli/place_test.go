package cli

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kvist/internal/config"
	"kvist/kv"
)

// ran is a command's output and exit code.
type ran struct {
	out, said string
	code      int
}

// inProcess runs one command line in this process, with settings of its own.
func inProcess(t *testing.T, settings, stdin string, args ...string) ran {
	t.Helper()
	dir := t.TempDir()
	file := func(name, text string) *os.File {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	in, out := file("in", stdin), file("out", "")
	var said strings.Builder
	path := file("config.toml", settings).Name()
	p := &Program{
		Stdin: in, Stdout: out, Stderr: &said,
		Env: onlySettings(path),
	}
	code := p.Run(t.Context(), args)
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return ran{string(text), said.String(), code}
}

// onlySettings is an environment with nothing but a settings file.
func onlySettings(path string) config.Environ {
	return func(name string) (string, bool) {
		if name == "KVIST_CONFIG" {
			return path, true
		}
		return "", false
	}
}

// spelling is one way to name a prefix: the arguments for a command, and how
// the command's output names keys below the prefix.
type spelling struct {
	name string
	args []string
	from string // what printed keys lack
}

// spellings are the ways to name dir of a store, by profiles in the settings:
// root has no prefix, and top and slashed have dir's first segment, without and
// with slashes.
func spellings(address, dir string) (settings string, all []spelling) {
	top, rest, _ := strings.Cut(dir, "/")
	escaped := strings.ReplaceAll(dir, "/", "%2F")
	settings = fmt.Sprintf("[profile.root]\naddress = %q\n[profile.top]\naddress = %q\n[profile.slashed]\naddress = %q\n[profile.all]\naddress = %q\n",
		address, address+"/"+top, address+"/"+top+"/", address+"/"+dir+"/")
	for _, end := range []string{"", "/"} {
		all = append(all,
			spelling{"address", []string{address + "/" + dir + end}, ""},
			spelling{"escaped", []string{address + "/" + escaped + strings.ReplaceAll(end, "/", "%2F")}, ""},
			spelling{"apart", []string{address, dir + end}, ""},
			spelling{"apart, the address with a slash", []string{address + "/", dir + end}, ""},
			spelling{"profile", []string{"root/" + dir + end}, ""},
			spelling{"profile apart", []string{"root", dir + end}, ""},
			spelling{"profile with a prefix", []string{"top/" + rest + end}, top + "/"},
			spelling{"profile with a prefix apart", []string{"top", rest + end}, top + "/"},
			spelling{"profile with a slash", []string{"slashed/" + rest + end}, top + "/"},
			spelling{"profile alone", []string{"all" + end}, dir + "/"},
		)
	}
	for i := range all {
		all[i].name += ": " + strings.ReplaceAll(strings.Join(all[i].args, " "), address, "")
	}
	return settings, all
}

// slashedSpellings are those with a slash at the start, which only etcd v3
// takes as a part of the keys.
func slashedSpellings(address, dir string) []spelling {
	var all []spelling
	for _, end := range []string{"", "/"} {
		all = append(all,
			spelling{"address", []string{address + "//" + dir + end}, ""},
			spelling{"apart", []string{address, "/" + dir + end}, ""},
			spelling{"profile", []string{"root//" + dir + end}, ""},
		)
	}
	return all
}

// filled returns a place with keys to try the spellings on: app is a key where
// the store has keys that are folders too, and apple a sibling that only shares
// text.
func filled(t *testing.T, at place) (store kv.Store, address, dir string) {
	t.Helper()
	store, address = at.open(t)
	dir = "place-" + strings.ToLower(rand.Text()[:8]) + "/app"
	for _, name := range []string{"/one", "/two/three", "le/four"} {
		put(t, store, dir+name, "value of "+name)
	}
	if at.scheme != config.EtcdV2 {
		put(t, store, dir, "value of the folder")
	}
	return store, address, dir
}

// keysIn returns the lines of ls for keys with a value: not every store has
// directories.
func keysIn(out string) []string {
	var keys []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSuffix(line, "\n"); !strings.HasSuffix(line, "two") {
			keys = append(keys, line)
		}
	}
	return keys
}

// However a prefix is written, explorer, commands and completion agree on what
// is below it.
func TestEverySpellingOfAPlace(t *testing.T) {
	for _, at := range places() {
		t.Run(at.name, func(t *testing.T) {
			store, address, dir := filled(t, at)
			settings, all := spellings(address, dir)
			if at.scheme == config.EtcdV3 {
				other := "/" + dir
				for _, name := range []string{"/one", "/two/three", "le/four"} {
					put(t, store, other+name, "another")
				}
				for _, s := range slashedSpellings(address, dir) {
					t.Run("slash before: "+s.name, func(t *testing.T) { agrees(t, settings, s, other) })
				}
			} else {
				all = append(all, slashedSpellings(address, dir)...)
			}
			for _, s := range all {
				t.Run(s.name, func(t *testing.T) { agrees(t, settings, s, dir) })
			}
		})
	}
}

// agrees runs each command that reads on one spelling of dir.
func agrees(t *testing.T, settings string, s spelling, dir string) {
	want := []string{strings.TrimPrefix(dir+"/one", s.from), strings.TrimPrefix(dir+"/two/three", s.from)}
	if got := keysIn(inProcess(t, settings, "", append([]string{"ls"}, s.args...)...).out); !slices.Equal(got, want) {
		t.Errorf("ls: %q, want %q", got, want)
	}
	if got := explored(t, settings, s.args); len(s.args) == 1 && !slices.Equal(got, []string{dir + "/one", dir + "/two/three"}) {
		t.Errorf("the explorer: %q", got)
	}
	first := inProcess(t, settings, "", "get", "--json", s.args[0], want[0])
	if len(s.args) == 2 { // a key that ls prints can be typed back after the same first argument
		if first.code != exitOK || !strings.Contains(first.out, `"key":"`+want[0]+`"`) {
			t.Errorf("get of what ls printed: %+v", first)
		}
	}
	if got := completed(t, settings, s.args); !slices.Contains(got, "one") || !slices.Contains(got, "two/") || len(got) > 3 {
		t.Errorf("completion offers %q", got)
	}
	if got := inProcess(t, settings, "", append([]string{"locks"}, s.args...)...); got.code != exitOK || got.out != "" {
		t.Errorf("locks: %+v", got)
	}
	if got := watched(t, settings, s.args); got == "0 keys" {
		t.Errorf("watch follows %s", got)
	}
}

// explored returns the keys that the explorer lists.
func explored(t *testing.T, settings string, args []string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := config.Load(path, true)
	if err != nil {
		t.Fatal(err)
	}
	choice, err := f.Choose(args[0])
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := choice.Resolve(t.Context(), config.Settings{}, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	return exploredKeys(t, &target{Target: resolved})
}

// completed returns what completion offers after a spelling, without what was
// typed.
func completed(t *testing.T, settings string, args []string) []string {
	t.Helper()
	args = slices.Clone(args)
	last := &args[len(args)-1]
	if !strings.HasSuffix(*last, "/") && !strings.HasSuffix(*last, "%2F") {
		*last += "/"
	}
	out := inProcess(t, settings, "", append([]string{"__complete", "ls"}, args...)...).out
	var offers []string
	for line := range strings.Lines(out) {
		if name, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), strings.ReplaceAll(*last, "%2F", "/")); ok {
			offers = append(offers, name)
		}
	}
	return offers
}

// watched returns how many keys a watch follows when it is live.
func watched(t *testing.T, settings string, args []string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := &Program{Stdout: w, Stderr: io.Discard, Env: onlySettings(path)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer w.Close()
		p.Run(ctx, append([]string{"watch"}, args...))
	}()
	keys := ""
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if _, counted, ok := strings.Cut(lines.Text(), "live, "); ok {
			keys = counted
			cancel()
		}
	}
	<-done
	return keys
}
