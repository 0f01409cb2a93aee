package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// withFile writes a file of a module and returns the module.
func withFile(t *testing.T, name, content string) module {
	t.Helper()
	m := module{Path: "example.org/m", Version: "v1.0.0", Dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(m.Dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return m
}

func own(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// A licence outside the list, one that is not recognised and a module without one
// are refused.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		of   module
		want string
	}{
		{withFile(t, "LICENSE", own(t)), "is under Apache-2.0, which is not one of MIT"},
		{withFile(t, "LICENSE", "You may look at this, but on Sundays only."), "not recognised"},
		{withFile(t, "README", own(t)), "has no licence"},
	} {
		if _, err := render([]module{c.of}, []string{"MIT"}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// A text that two modules share is on the page once, under both names, and a
// notice is on it, too.
func TestPage(t *testing.T) {
	one, two := withFile(t, "LICENSE.txt", own(t)), withFile(t, "LICENSE", own(t)+"\n")
	two.Path = "example.org/other"
	if err := os.WriteFile(filepath.Join(two.Dir, "NOTICE"), []byte("Somebody made this."), 0o600); err != nil {
		t.Fatal(err)
	}
	page, err := render([]module{one, two}, allowed())
	if err != nil {
		t.Fatal(err)
	}
	for want, times := range map[string]int{
		"| example.org/m | v1.0.0 | Apache-2.0 |":              1,
		"## LICENSE.txt of example.org/m, example.org/other\n": 1,
		"Version 2.0, January 2004":                            1,
		"    Somebody made this.\n":                            1,
	} {
		if got := strings.Count(page, want); got != times {
			t.Errorf("%q is there %d times", want, got)
		}
	}
}

// A licence of a package that is not linked does not count.
func TestExcepted(t *testing.T) {
	e := exceptions()[0]
	m := module{Path: e.module, packages: []string{e.module}}
	if !excepted(m, e.license) {
		t.Error("it counts")
	}
	m.packages = append(m.packages, e.pkg)
	if excepted(m, e.license) {
		t.Error("it does not count although it is linked")
	}
}

// The bill of materials of a commit is the same each time, and names each module
// with its version and licence.
func TestBill(t *testing.T) {
	m := withFile(t, "LICENSE", own(t))
	var files [2]string
	for i := range files {
		file := filepath.Join(t.TempDir(), "bill.json")
		if err := writeBill(file, []module{m}, release{"1.2.3", time.Unix(1_800_000_000, 0)}); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		files[i] = string(content)
	}
	if files[0] != files[1] {
		t.Errorf("they differ:\n%s\n%s", files[0], files[1])
	}
	for _, want := range []string{`"pkg:golang/example.org/m@v1.0.0"`, `"expression": "Apache-2.0"`, `"version": "1.2.3"`, `"timestamp": "2027-01-15T08:00:00Z"`} {
		if !strings.Contains(files[0], want) {
			t.Errorf("%s is not in %s", want, files[0])
		}
	}
}
