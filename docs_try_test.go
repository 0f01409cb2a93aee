package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"kvist/internal/screen"
)

// commandNames returns the names of the commands that a help lists.
func commandNames(help string) []string {
	_, list, _ := strings.Cut(help, "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	var names []string
	for _, line := range strings.Split(list, "\n") {
		names = append(names, strings.Fields(line)[0])
	}
	return names
}

// try runs a command, in the way that suits it.
func (c quoted) try(s *shell, at stores, names []string) error {
	s.t.Helper()
	if c.builds() {
		return dryRun(strings.Fields(c.text))
	}
	line := at.mapped(c.text)
	words := strings.Fields(line)
	if words[0] != "kvist" {
		_, err := s.run(line)
		return err
	}
	if len(words) == 1 || !slices.Contains(names, strings.Split(words[1], "|")[0]) {
		return explore(s, words[1:])
	}
	if strings.Contains(words[1], "|") {
		return synopsis(s, strings.Split(words[1], "|"), len(words)-2)
	}
	if c.inline && isName(words[2:]) && len(arguments(s, words[1])) > 0 {
		line += " --help"
	}
	_, err := s.run(line)
	return err
}

// isName reports whether what follows a command's name is flags at most.
func isName(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.HasPrefix(w, "-") })
}

// arguments returns the arguments that a command cannot do without.
func arguments(s *shell, command string) []string {
	_, usage, _ := strings.Cut(s.must("kvist "+command+" --help"), "Usage:\n  kvist "+command)
	usage, _, _ = strings.Cut(usage, "\n")
	usage, _, _ = strings.Cut(usage, " | ") // the same in another form
	return strings.Fields(regexp.MustCompile(`\[[^\]]*\]`).ReplaceAllString(usage, ""))
}

// synopsis checks a line that shows the arguments of several commands.
func synopsis(s *shell, commands []string, count int) error {
	for _, command := range commands {
		if got := arguments(s, command); len(got) > count || len(got) == 0 && command != "journal" {
			return fmt.Errorf("%s has the arguments %s", command, got)
		}
	}
	return nil
}

// explore opens the explorer, waits until it shows the tree, and leaves it.
func explore(s *shell, args []string) error {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), filepath.Join(s.dir, "bin", "kvist"), args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	x, err := screen.Start(cmd, screen.Options{Patience: patience})
	if err != nil {
		return err
	}
	defer x.Kill()
	key := "hello"
	switch {
	case len(args) == 0:
		key = "embedded" // below the profiles
	case args[0] == "--embedded":
		key = "services"
	}
	if err := x.Until("the tree", func() bool { return strings.Contains(x.Text(), key) }); err != nil {
		return err
	}
	if err := x.Type("q"); err != nil {
		return err
	}
	return x.End()
}

// dryRun checks a command that works on the sources: its target is in the
// Makefile, or what it runs is there.
func dryRun(words []string) error {
	if words[0] == "make" {
		cmd := exec.Command("make", append([]string{"-n"}, words[1:]...)...)
		cmd.Env = append(os.Environ(), "MAKEFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	wanted := "^func main"
	if words[1] == "test" {
		wanted = "^func Test"
	}
	if i := slices.Index(words, "-run"); i > 0 && words[1] == "test" {
		name, _, _ := strings.Cut(strings.Trim(words[i+1], "'"), "/")
		wanted += `\w*` + strings.TrimPrefix(name, "Test")
	}
	folder := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, ".") })
	files, err := filepath.Glob(filepath.Join(words[folder], "*.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if regexp.MustCompile("(?m)" + wanted).Match(text) {
			return nil
		}
	}
	return errors.New("nothing there is called so")
}
