package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// module is a module of which packages are linked.
type module struct {
	Path, Version, Dir string
	Main               bool
	Replace            *module

	packages []string // those that are linked
}

// linked returns the modules whose packages are part of the program in root on
// any of the platforms, such as "linux/amd64", by their paths. Tests do not count.
func linked(ctx context.Context, root string, platforms []string) ([]module, error) {
	found := map[string]module{}
	for _, platform := range platforms {
		system, machine, _ := strings.Cut(platform, "/")
		cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=ImportPath,Module", ".")
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+machine, "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
		var complaint bytes.Buffer
		cmd.Stderr = &complaint
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("list the modules for %s: %w: %s", platform, err, complaint.Bytes())
		}
		if err := collect(found, out); err != nil {
			return nil, fmt.Errorf("list the modules for %s: %w", platform, err)
		}
	}
	modules := make([]module, 0, len(found))
	for _, m := range found {
		modules = append(modules, m)
	}
	slices.SortFunc(modules, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return modules, nil
}

// collect adds the modules that go list printed.
func collect(found map[string]module, printed []byte) error {
	for d := json.NewDecoder(bytes.NewReader(printed)); ; {
		var pkg struct {
			ImportPath string
			Module     *module
		}
		if err := d.Decode(&pkg); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		m := pkg.Module
		if m == nil || m.Main { // the standard library, or kvist
			continue
		}
		if m.Replace != nil {
			m.Version, m.Dir = m.Replace.Version, m.Replace.Dir
		}
		if before, ok := found[m.Path]; ok {
			m.packages = before.packages
		}
		m.packages = append(m.packages, pkg.ImportPath)
		found[m.Path] = *m
	}
}
