package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
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
	return errors.Join(err, plainSwitches(pages))
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

// plainSwitches removes from the pages that a switch is off unless it is given.
func plainSwitches(dir string) error {
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil {
		return err
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		if err := os.WriteFile(page, bytes.ReplaceAll(text, []byte("[=false]"), nil), 0o644); err != nil {
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
