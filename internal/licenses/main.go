package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
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
	var o orders
	platforms := flag.String("platforms", "linux/amd64", "platforms of the binaries, between spaces")
	date := flag.Int64("date", 0, "the date of the release, in seconds since 1970")
	flag.BoolVar(&o.check, "check", false, "compare the file with what it should be, and write nothing")
	flag.StringVar(&o.file, "file", "THIRD_PARTY.md", "the file to write")
	flag.StringVar(&o.bill, "bill", "", "write a bill of materials into this file instead")
	flag.StringVar(&o.release.version, "version", "", "the version of the release")
	flag.Parse()
	o.platforms, o.release.date = strings.Fields(*platforms), time.Unix(*date, 0)
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

// orders are the flags.
type orders struct {
	file, bill string
	platforms  []string
	check      bool
	release    release
}

func run(ctx context.Context, o orders) error {
	modules, err := linked(ctx, ".", o.platforms)
	if err != nil {
		return err
	}
	if o.bill != "" {
		return writeBill(o.bill, modules, o.release)
	}
	page, err := render(modules, allowed())
	if err != nil {
		return err
	}
	if !o.check {
		return os.WriteFile(o.file, []byte(page), 0o644)
	}
	there, err := os.ReadFile(o.file)
	if err != nil {
		return err
	}
	if string(there) != page {
		return fmt.Errorf("%s is not what the linked modules need: run make licenses", o.file)
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
