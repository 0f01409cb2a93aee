package packaging

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// release is a directory that a release was made into.
type release struct {
	dir, version string
}

// made returns the release that is to be checked. Only scripts/release-check has made one.
func made(t *testing.T) release {
	t.Helper()
	r := release{os.Getenv("KVIST_RELEASE"), os.Getenv("KVIST_VERSION")}
	if r.dir == "" {
		t.Skip("make release-check names a release in KVIST_RELEASE")
	}
	return r
}

// read returns a file of the release.
func (r release) read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// platform is one that there are binaries for.
type platform struct {
	os, arch string
	target   string // where GoReleaser puts the binary
}

func platforms() []platform {
	var all []platform
	for _, system := range []string{"linux", "darwin", "windows", "freebsd"} {
		all = append(all,
			platform{system, "amd64", "kvist_" + system + "_amd64_v1"},
			platform{system, "arm64", "kvist_" + system + "_arm64_v8.0"})
	}
	return all
}

// program is the name of the program on a platform.
func (p platform) program() string {
	if p.os == "windows" {
		return "kvist.exe"
	}
	return "kvist"
}

// binary returns the program as it was built for a platform.
func (r release) binary(t *testing.T, p platform) []byte {
	t.Helper()
	return r.read(t, filepath.Join(p.target, p.program()))
}

// archive is the name of a platform's archive, and of the directory in it.
func (r release) archive(p platform) (name, dir string) {
	dir = "kvist_" + r.version + "_" + p.os + "_" + p.arch
	if p.os == "windows" {
		return dir + ".zip", dir
	}
	return dir + ".tar.gz", dir
}

// packages are the names of the packages, with the architecture that each is for.
func (r release) packages() map[string]string {
	return map[string]string{
		"kvist_" + r.version + "_amd64.deb": "amd64", "kvist_" + r.version + "_arm64.deb": "arm64",
		"kvist-" + r.version + "-1.x86_64.rpm": "amd64", "kvist-" + r.version + "-1.aarch64.rpm": "arm64",
		"kvist_" + r.version + "_x86_64.apk": "amd64", "kvist_" + r.version + "_aarch64.apk": "arm64",
	}
}

// The checksums are those of eight archives, six packages and a bill of materials, and right.
func TestChecksums(t *testing.T) {
	r := made(t)
	want := []string{"kvist_" + r.version + ".cdx.json"}
	for name := range r.packages() {
		want = append(want, name)
	}
	for _, p := range platforms() {
		name, _ := r.archive(p)
		want = append(want, name)
	}
	var got []string
	for line := range strings.Lines(string(r.read(t, "kvist_"+r.version+"_SHA256SUMS"))) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		got = append(got, name)
		if is := sha256.Sum256(r.read(t, name)); hex.EncodeToString(is[:]) != sum {
			t.Errorf("%s has another checksum than %s", name, sum)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("it has\n%q, not\n%q", got, want)
	}
}

// texts are the files that go with every binary, and where they come from.
func texts(t *testing.T) (papers, pages, completions map[string][]byte) {
	t.Helper()
	return gathered(t, "../LICENSE", "../NOTICE", "../THIRD_PARTY.md", "../README.md", "../CHANGELOG.md"),
		gathered(t, "made/man/*.1"), gathered(t, "made/completions/*")
}

// gathered returns the files that match patterns, by their names.
func gathered(t *testing.T, patterns ...string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("nothing is at %s: %v", pattern, err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			found[filepath.Base(path)] = content
		}
	}
	return found
}

// expect fails unless a file is in an archive, with this content.
func expect(t *testing.T, in map[string]member, path string, want []byte) {
	t.Helper()
	if got, ok := in[path]; !ok {
		t.Errorf("%s is not in it", path)
	} else if !bytes.Equal(got.content, want) {
		t.Errorf("%s is another one", path)
	}
}

// Each archive has the program, the licences, the manual and the completions.
func TestArchives(t *testing.T) {
	r := made(t)
	papers, pages, completions := texts(t)
	for _, p := range platforms() {
		name, dir := r.archive(p)
		t.Run(name, func(t *testing.T) {
			in := unpacked(t, filepath.Join(r.dir, name))
			expect(t, in, dir+"/"+p.program(), r.binary(t, p))
			if mode := in[dir+"/"+p.program()].mode.Perm(); mode != 0o755 {
				t.Errorf("the program has the mode %v", mode)
			}
			for below, files := range map[string]map[string][]byte{"": papers, "man/": pages, "completions/": completions} {
				for file, want := range files {
					expect(t, in, dir+"/"+below+file, want)
				}
			}
			if want := 1 + len(papers) + len(pages) + len(completions); len(in) != want {
				t.Errorf("%d files are in it, not %d", len(in), want)
			}
		})
	}
}

// Each package installs the program, and man pages, completions and licences where the system
// looks for them.
func TestPackages(t *testing.T) {
	r := made(t)
	papers, pages, completions := texts(t)
	for name, arch := range r.packages() {
		t.Run(name, func(t *testing.T) {
			in := unpacked(t, filepath.Join(r.dir, name))
			expect(t, in, "usr/bin/kvist", r.binary(t, platforms()[slices.Index([]string{"amd64", "arm64"}, arch)]))
			if mode := in["usr/bin/kvist"].mode.Perm(); mode != 0o755 {
				t.Errorf("the program has the mode %v", mode)
			}
			for file, want := range pages {
				expect(t, in, "usr/share/man/man1/"+file, want)
			}
			functions := "site-functions"
			if strings.HasSuffix(name, ".deb") {
				functions = "vendor-completions"
			}
			expect(t, in, "usr/share/bash-completion/completions/kvist", completions["kvist.bash"])
			expect(t, in, "usr/share/zsh/"+functions+"/_kvist", completions["_kvist"])
			expect(t, in, "usr/share/fish/vendor_completions.d/kvist.fish", completions["kvist.fish"])
			expect(t, in, "usr/share/doc/kvist/copyright", papers["LICENSE"])
			expect(t, in, "usr/share/doc/kvist/NOTICE", papers["NOTICE"])
			expect(t, in, "usr/share/doc/kvist/THIRD_PARTY.md", papers["THIRD_PARTY.md"])
			for path := range in {
				if !strings.HasPrefix(path, "usr/") && !strings.HasPrefix(path, "PKGINFO") {
					t.Errorf("%s is in it", path)
				}
			}
		})
	}
}

// There is a man page for each command that the program completes.
func TestManual(t *testing.T) {
	r := made(t)
	_, pages, _ := texts(t)
	commands := 0
	for line := range strings.Lines(r.run(t, "__complete", "")) {
		command, what, described := strings.Cut(strings.TrimSpace(line), "\t")
		if !described || what == "" || command == "help" {
			continue // a profile or an address, or cobra's own
		}
		commands++
		if _, ok := pages["kvist-"+command+".1"]; !ok {
			t.Errorf("%s has no man page", command)
		}
	}
	if commands < 15 {
		t.Errorf("only %d commands were found", commands)
	}
}

// run runs the program that is for this machine, with no settings, and returns what it prints.
func (r release) run(t *testing.T, args ...string) string {
	t.Helper()
	i := slices.IndexFunc(platforms(), func(p platform) bool { return p.os == runtime.GOOS && p.arch == runtime.GOARCH })
	if i < 0 {
		t.Skip("no binary is for this machine")
	}
	p := platforms()[i]
	cmd := exec.Command(filepath.Join(r.dir, p.target, p.program()), args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir(), "XDG_STATE_HOME="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("kvist %q: %v", args, err)
	}
	return string(out)
}
