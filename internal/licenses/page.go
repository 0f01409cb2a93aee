package main

import (
	"fmt"
	"slices"
	"strings"
)

const preface = `# Third-party licences

kvist is linked with the modules below, each under its own licence; the texts follow the table.
` + "`make licenses`" + ` writes this file.

`

// part is a text together with the modules that have it.
type part struct {
	text
	modules []string
}

// render returns THIRD_PARTY.md.
func render(modules []module, allowed []string) (string, error) {
	var page strings.Builder
	page.WriteString(preface + "| module | version | licence |\n|---|---|---|\n")
	var parts []part
	for _, m := range modules {
		found, err := texts(m.Dir)
		if err != nil {
			return "", fmt.Errorf("%s %s: %w", m.Path, m.Version, err)
		}
		if err := accept(m, found, allowed); err != nil {
			return "", err
		}
		fmt.Fprintf(&page, "| %s | %s | %s |\n", m.Path, m.Version, names(found))
		parts = join(parts, m.Path, found)
	}
	for _, p := range parts {
		fmt.Fprintf(&page, "\n## %s of %s\n\n%s\n", p.name, strings.Join(p.modules, ", "), indent(p.content))
	}
	return page.String(), nil
}

// names returns the licences of a module.
func names(found []text) string {
	var ids []string
	for _, t := range found {
		if t.license != "" && !slices.Contains(ids, t.license) {
			ids = append(ids, t.license)
		}
	}
	return strings.Join(ids, ", ")
}

// join adds the texts of a module to those of others. A text that is there is
// not there twice.
func join(parts []part, path string, found []text) []part {
	for _, t := range found {
		same := func(p part) bool { return p.content == t.content }
		if i := slices.IndexFunc(parts, same); i >= 0 {
			if !slices.Contains(parts[i].modules, path) {
				parts[i].modules = append(parts[i].modules, path)
			}
			continue
		}
		parts = append(parts, part{t, []string{path}})
	}
	return parts
}

// indent makes a text a block that Markdown shows as it is.
func indent(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = "    " + line
		}
	}
	return strings.Join(lines, "\n")
}
