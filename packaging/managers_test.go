package packaging

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// contents are the names of the files in a platform's archive, and the archive's checksum.
func (r release) contents(t *testing.T, p platform) (names []string, sum string) {
	t.Helper()
	name, _ := r.archive(p)
	is := sha256.Sum256(r.read(t, name))
	return slices.Collect(maps.Keys(unpacked(t, filepath.Join(r.dir, name)))), hex.EncodeToString(is[:])
}

// of returns the platforms with one of these systems.
func of(systems ...string) []platform {
	return slices.DeleteFunc(platforms(), func(p platform) bool { return !slices.Contains(systems, p.os) })
}

// names fails unless a description names a platform's archive by its checksum, and each path
// matches a file in that archive.
func (r release) names(t *testing.T, p platform, text string, paths ...string) {
	t.Helper()
	in, sum := r.contents(t, p)
	if !strings.Contains(text, sum) {
		t.Errorf("the archive for %s/%s is another one", p.os, p.arch)
	}
	for _, pattern := range paths {
		if !slices.ContainsFunc(in, func(name string) bool { ok, _ := path.Match(pattern, name); return ok }) {
			t.Errorf("%s is not in the archive for %s/%s", pattern, p.os, p.arch)
		}
	}
}

// matches returns what an expression finds in a text, and fails if that is less than expected.
func matches(t *testing.T, text, expression string, least int) []string {
	t.Helper()
	var found []string
	for _, m := range regexp.MustCompile(expression).FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	if len(found) < least {
		t.Fatalf("only %q is named in\n%s", found, text)
	}
	return found
}

// The cask of Homebrew installs the program, its man page and three completions.
func TestCask(t *testing.T) {
	r := made(t)
	cask := string(r.read(t, "homebrew/Casks/kvist.rb"))
	paths := matches(t, cask, `(?m)^ +(?:binary|manpage|\w+_completion) "(.*)"$`, 5)
	for _, p := range of("darwin", "linux") {
		words := strings.NewReplacer("#{version}", r.version, "#{os}", p.os, "#{arch}", p.arch)
		var here []string
		for _, path := range paths {
			here = append(here, words.Replace(path))
		}
		r.names(t, p, cask, here...)
	}
}

// The package of Arch installs what the others do.
func TestArch(t *testing.T) {
	r := made(t)
	build := string(r.read(t, "aur/kvist-bin.pkgbuild"))
	paths := matches(t, build, `(?m) (kvist_\*/\S+)`, 6)
	for _, p := range of("linux") {
		r.names(t, p, build, paths...)
	}
}

// The manifests of Scoop and winget name the program in the archive.
func TestWindows(t *testing.T) {
	r := made(t)
	var scoop struct {
		Architecture map[string]struct {
			Bin  []string
			Hash string
		}
	}
	if err := json.Unmarshal(r.read(t, "scoop/kvist.json"), &scoop); err != nil {
		t.Fatal(err)
	}
	winget := string(r.read(t, "winget/manifests/k/kvist/kvist/"+r.version+"/kvist.kvist.installer.yaml"))
	paths := matches(t, winget, `RelativeFilePath: (\S+)`, 2)
	for _, p := range of("windows") {
		bits := map[string]string{"amd64": "64bit", "arm64": "arm64"}[p.arch]
		r.names(t, p, scoop.Architecture[bits].Hash, scoop.Architecture[bits].Bin...)
		at := slices.IndexFunc(paths, func(path string) bool { return strings.Contains(path, p.arch) })
		if at < 0 {
			t.Fatalf("winget has nothing for %s", p.arch)
		}
		r.names(t, p, strings.ToLower(winget), strings.ReplaceAll(paths[at], `\`, "/"))
	}
}
