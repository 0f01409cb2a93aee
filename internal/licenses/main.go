package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

// allowed are the licences that kvist, under Apache-2.0, may be linked with and
// delivered under. MPL-2.0 binds the files of the module itself only; its
// sources are at the module's address.
func allowed() []string {
	return []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "Unicode-DFS-2016"}
}

// exception is a licence that a module names, but only for a package that is not
// linked.
type exception struct{ module, license, pkg string }

func exceptions() []exception {
	return []exception{
		{"github.com/alecthomas/chroma/v2", "OFL-1.1", "github.com/alecthomas/chroma/v2/formatters/svg"}, // a font
	}
}

// excepted reports whether a licence does not concern what is linked of a module.
func excepted(m module, license string) bool {
	return slices.ContainsFunc(exceptions(), func(e exception) bool {
		return e.module == m.Path && e.license == license && !slices.Contains(m.packages, e.pkg)
	})
}

func main() {
	platforms := flag.String("platforms", "linux/amd64", "platforms of the binaries, between spaces")
	check := flag.Bool("check", false, "compare the file with what it should be, and write nothing")
	file := flag.String("file", "THIRD_PARTY.md", "the file to write")
	flag.Parse()
	if err := run(context.Background(), *file, strings.Fields(*platforms), *check); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, file string, platforms []string, check bool) error {
	modules, err := linked(ctx, ".", platforms)
	if err != nil {
		return err
	}
	page, err := render(modules, allowed())
	if err != nil {
		return err
	}
	if !check {
		return os.WriteFile(file, []byte(page), 0o644)
	}
	there, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if string(there) != page {
		return fmt.Errorf("%s is not what the linked modules need: run make licenses", file)
	}
	return nil
}

// accept reports why the licences of a module do not suit, if they do not.
func accept(m module, found []text, allowed []string) error {
	licensed := false
	for _, t := range found {
		for _, id := range strings.Split(t.license, " AND ") {
			if id == "" {
				continue
			}
			licensed = true
			if !slices.Contains(allowed, id) && !excepted(m, id) {
				return fmt.Errorf("%s %s is under %s, which is not one of %s", m.Path, m.Version, id, strings.Join(allowed, ", "))
			}
		}
	}
	if !licensed {
		return fmt.Errorf("%s %s has no licence", m.Path, m.Version)
	}
	return nil
}
