package packaging

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Each binary is for its platform, was built without C, loads no library but those of the system
// itself, and has no path of the machine that built it.
func TestBinaries(t *testing.T) {
	r := made(t)
	here := machine(t)
	for _, p := range platforms() {
		t.Run(p.os+"/"+p.arch, func(t *testing.T) {
			content := r.binary(t, p)
			info, err := buildinfo.Read(bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			for key, want := range map[string]string{"GOOS": p.os, "GOARCH": p.arch, "CGO_ENABLED": "0", "-trimpath": "true"} {
				if got := setting(info, key); got != want {
					t.Errorf("%s is %q, not %q", key, got, want)
				}
			}
			if got := loads(t, p, content); len(got) > 0 {
				t.Errorf("it loads %q", got)
			}
			for _, path := range here {
				if bytes.Contains(content, []byte(path)) {
					t.Errorf("%s is in it", path)
				}
			}
		})
	}
}

func setting(info *buildinfo.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// machine returns the paths of this machine that a binary must not have.
func machine(t *testing.T) []string {
	t.Helper()
	here, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "env", "GOMODCACHE", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return append(strings.Fields(string(out)), here)
}

// loads returns the libraries that a program loads when it starts, without those that are the only
// way to call the system: libSystem and its frameworks on macOS, and kernel32.dll on Windows.
func loads(t *testing.T, p platform, content []byte) []string {
	t.Helper()
	var found []string
	var err error
	from := bytes.NewReader(content)
	switch p.os {
	case "darwin":
		var f *macho.File
		if f, err = macho.NewFile(from); err == nil {
			found, err = f.ImportedLibraries()
		}
	case "windows":
		var f *pe.File
		if f, err = pe.NewFile(from); err == nil {
			found, err = imports(f)
		}
	default:
		found, err = dynamic(from)
	}
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(found, func(name string) bool {
		return p.os == "darwin" && (strings.HasPrefix(name, "/usr/lib/lib") || strings.HasPrefix(name, "/System/Library/Frameworks/")) ||
			p.os == "windows" && strings.EqualFold(name, "kernel32.dll")
	})
}

// dynamic returns the libraries and the loader that an ELF file asks for.
func dynamic(from *bytes.Reader) ([]string, error) {
	f, err := elf.NewFile(from)
	if err != nil {
		return nil, err
	}
	found, err := f.ImportedLibraries()
	if err != nil {
		return nil, err
	}
	for _, part := range f.Progs {
		if part.Type == elf.PT_INTERP {
			found = append(found, "a loader")
		}
	}
	return found, nil
}

// imports returns the libraries that a PE file imports symbols from.
func imports(f *pe.File) ([]string, error) {
	symbols, err := f.ImportedSymbols() // as name:library
	if err != nil {
		return nil, err
	}
	var found []string
	for _, s := range symbols {
		if _, library, ok := strings.Cut(s, ":"); ok && !slices.Contains(found, library) {
			found = append(found, library)
		}
	}
	return found, nil
}

// The program says which version and commit it is.
func TestVersion(t *testing.T) {
	r := made(t)
	var got struct{ Version, Commit, Date string }
	if err := json.Unmarshal([]byte(r.run(t, "version", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("git", "rev-parse", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	if commit := strings.TrimSpace(string(out)); got.Version != r.version || got.Commit != commit || got.Date == "" {
		t.Errorf("it is %+v, not %s of %s", got, r.version, commit)
	}
}

// The bill of materials names the release, and exactly the modules that are linked into any of the
// binaries, each with its version and a licence.
func TestBillOfMaterials(t *testing.T) {
	r := made(t)
	type component struct {
		Name, Version, Purl string
		Licenses            []struct{ Expression string }
	}
	var bill struct {
		BomFormat, SpecVersion string
		Metadata               struct{ Component component }
		Components             []component
	}
	if err := json.Unmarshal(r.read(t, "kvist_"+r.version+".cdx.json"), &bill); err != nil {
		t.Fatal(err)
	}
	if bill.BomFormat != "CycloneDX" || bill.SpecVersion == "" || bill.Metadata.Component.Version != r.version {
		t.Errorf("it is %s %s for %+v", bill.BomFormat, bill.SpecVersion, bill.Metadata.Component)
	}
	billed := map[string]bool{}
	for _, c := range bill.Components {
		billed[c.Name+" "+c.Version] = true
		if len(c.Licenses) == 0 || c.Licenses[0].Expression == "" || !strings.HasPrefix(c.Purl, "pkg:golang/"+c.Name+"@") {
			t.Errorf("%+v says too little", c)
		}
	}
	linked := map[string]bool{}
	for _, p := range platforms() {
		info, err := buildinfo.Read(bytes.NewReader(r.binary(t, p)))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			linked[m.Path+" "+m.Version] = true
			if !billed[m.Path+" "+m.Version] {
				t.Errorf("%s %s is linked for %s/%s and not in it", m.Path, m.Version, p.os, p.arch)
			}
		}
	}
	for m := range billed {
		if !linked[m] {
			t.Errorf("%s is in it and not linked", m)
		}
	}
}
