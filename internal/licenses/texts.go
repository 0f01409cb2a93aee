package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// text is a file of a module that has to go with the binary.
type text struct {
	name    string // of the file
	license string // SPDX identifier; "" for a notice
	content string
}

// certain is how much of a licence file must be known text, in percent.
const certain = 75

// texts returns the licences and notices in the directory of a module.
func texts(dir string) ([]text, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []text
	for _, entry := range entries {
		kind := kindOf(entry.Name())
		if kind == none || !entry.Type().IsRegular() {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		t := text{name: entry.Name(), content: tidy(string(content))}
		if kind == license {
			if t.license, err = recognise(content); err != nil {
				return nil, fmt.Errorf("%s: %w", entry.Name(), err)
			}
		}
		all = append(all, t)
	}
	return all, nil
}

// kind is what a file of a module is.
type kind int

const (
	none kind = iota
	license
	notice
)

func kindOf(name string) kind {
	name = strings.ToLower(name)
	base, _, _ := strings.Cut(name, ".")
	switch {
	case strings.HasSuffix(name, ".go"), strings.HasSuffix(name, ".docs"):
		return none
	case base == "notice":
		return notice
	case strings.HasPrefix(base, "license"), strings.HasPrefix(base, "licence"), base == "copying", base == "unlicense":
		return license
	}
	return none
}

// recognise returns the SPDX identifiers of the licences that a text consists of.
func recognise(content []byte) (string, error) {
	cov := licensecheck.Scan(content)
	if cov.Percent < certain {
		return "", fmt.Errorf("not recognised: %.0f %% of it is the text of a known licence", cov.Percent)
	}
	var ids []string
	for _, m := range cov.Match {
		if !m.IsURL && !slices.Contains(ids, m.ID) {
			ids = append(ids, m.ID)
		}
	}
	slices.Sort(ids)
	return strings.Join(ids, " AND "), nil
}

// tidy returns a text without what only the way of saving it adds.
func tidy(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\f")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
