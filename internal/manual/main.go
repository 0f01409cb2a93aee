package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"kvist/internal/build"
	"kvist/internal/cli"
)

func main() {
	dir := flag.String("dir", "packaging/made", "the directory to write into")
	version := flag.String("version", "", "the version that the pages name")
	date := flag.Int64("date", 0, "the date that the pages name, in seconds since 1970")
	flag.Parse()
	if err := write(*dir, *version, time.Unix(*date, 0).UTC()); err != nil {
		fmt.Fprintln(os.Stderr, "manual:", err)
		os.Exit(1)
	}
}

// write makes the files man/*.1 and completions/*.
func write(dir, version string, date time.Time) error {
	if err := completions(filepath.Join(dir, "completions")); err != nil {
		return err
	}
	pages := filepath.Join(dir, "man")
	if err := os.MkdirAll(pages, 0o755); err != nil {
		return err
	}
	commands := program(os.Stdout, version).Commands()
	commands.DisableAutoGenTag = true
	keepLists(commands)
	err := doc.GenManTree(commands, &doc.GenManHeader{
		Title: "KVIST", Section: "1", Date: &date, Source: "kvist " + version, Manual: "kvist",
	}, pages)
	return errors.Join(err, plainFlags(pages))
}

// keepLists marks the lists in the help of all commands: the pages are made from
// Markdown, which fills lines that are indented by less than four blanks.
func keepLists(c *cobra.Command) {
	c.Long = markLists(c.Long)
	for _, sub := range c.Commands() {
		keepLists(sub)
	}
}

// markLists indents the lines of lists, with an empty line around each list.
func markLists(text string) string {
	var out []string
	inList := false
	for line := range strings.Lines(text) {
		listed := strings.HasPrefix(line, "  ")
		if listed != inList && strings.TrimSpace(line) != "" {
			out, inList = append(out, "\n"), listed
		}
		if listed {
			line = "  " + line
		}
		out = append(out, line)
	}
	return strings.Join(out, "")
}

// takes is what flags take, by their names, and where a command has a flag of another
// meaning, by its page and the name. A flag that is not here takes nothing.
func takes() map[string]string {
	return map[string]string{
		"ca": "FILE", "cas": "INDEX", "cert": "FILE", "config": "FILE", "confirm": "PROFILE", "datacenter": "NAME",
		"file": "FILE", "format": "FORMAT", "ignore": "REGEXP", "journal": "MODE", "key": "FILE", "kvist-journal.1 key": "PREFIX", "limit": "NUMBER",
		"memory": "SIZE", "password-file": "FILE", "rev": "REVISION", "server-name": "NAME", "since": "TIME",
		"theme": "THEME", "timeout": "TIME", "token-file": "FILE", "user": "NAME", "watch-budget": "NUMBER",
	}
}

// flagLine is a flag in a page, with the value that it has unless it is given.
var flagLine = regexp.MustCompile(`(?m)^((?:\\fB-\w\\fP, )?\\fB--([\w-]+)\\fP)(?:=(.*)|\[=false\])$`)

// plainFlag writes a flag of a page as people do: "--ca FILE". The value that it has
// otherwise stays, where it means something.
func plainFlag(page string, line []byte) []byte {
	m := flagLine.FindSubmatch(line)
	name, otherwise := string(m[2]), string(m[3])
	what := cmp.Or(takes()[page+" "+name], takes()[name])
	if what == "" {
		return m[1]
	}
	plain := fmt.Appendf(nil, `%s \fI%s\fP`, m[1], what)
	if !slices.Contains([]string{"", `""`, "0", "0s"}, otherwise) {
		plain = append(plain, " (otherwise "+otherwise+")"...)
	}
	return plain
}

// plainFlags writes the flags in the pages as people do.
func plainFlags(dir string) error {
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil {
		return err
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		text = flagLine.ReplaceAllFunc(text, func(line []byte) []byte { return plainFlag(filepath.Base(page), line) })
		if err := os.WriteFile(page, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func program(out *os.File, version string) *cli.Program {
	return &cli.Program{Stdin: os.Stdin, Stdout: out, Stderr: os.Stderr, Env: os.LookupEnv, Build: build.Info{Version: version}}
}

// completions writes what "kvist completion" prints for each shell.
func completions(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for shell, name := range map[string]string{"bash": "kvist.bash", "zsh": "_kvist", "fish": "kvist.fish", "powershell": "kvist.ps1"} {
		if err := completion(shell, filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("completion for %s: %w", shell, err)
		}
	}
	return nil
}

func completion(shell, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if code := program(f, "").Run(context.Background(), []string{"completion", shell}); code != 0 {
		return fmt.Errorf("exit code %d", code)
	}
	return f.Close()
}
