package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every flag that takes something has a word for it in the pages.
func TestEveryFlagSaysWhatItTakes(t *testing.T) {
	var walk func(c *cobra.Command)
	check := func(f *pflag.Flag) {
		if word := takes()[f.Name]; (word == "") != (f.Value.Type() == "bool") {
			t.Errorf("--%s, of type %s, takes %q", f.Name, f.Value.Type(), word)
		}
	}
	walk = func(c *cobra.Command) {
		c.LocalFlags().VisitAll(check)
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(program(os.Stdout, "1").Commands())
}

// Lists in the pages keep their lines, and a flag is written as people do.
func TestThePagesKeepTheirLists(t *testing.T) {
	dir := t.TempDir()
	if err := write(dir, "1", time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "man", "kvist.1"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, first := range []string{"\nconsul://host:8500/prefix\n", "\n0    done\n"} {
		before, _, found := strings.Cut(page, first)
		if !found || strings.LastIndex(before, "\n.EX") <= strings.LastIndex(before, "\n.EE") {
			t.Errorf("%q stands in filled text:\n%s", first, page)
		}
	}
	for name, flags := range map[string][]string{
		"kvist.1":         {`\fB--read-only\fP`, `\fB--ca\fP \fIFILE\fP`, `\fB--journal\fP \fIMODE\fP`, `\fB--timeout\fP \fITIME\fP`},
		"kvist-put.1":     {`\fB-f\fP, \fB--file\fP \fIFILE\fP`, `\fB--cas\fP \fIINDEX\fP`},
		"kvist-journal.1": {`\fB--key\fP \fIPREFIX\fP`}, "kvist-history.1": {`\fB--limit\fP \fINUMBER\fP (otherwise 50)`},
	} {
		text, err := os.ReadFile(filepath.Join(dir, "man", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, flag := range flags {
			if !strings.Contains(string(text), "\n"+flag+"\n") {
				t.Errorf("%s does not name %s:\n%s", name, flag, text)
			}
		}
	}
	if n := strings.Count(markLists("a\n  b\n\n  c\nd\n"), "\n\n"); n != 3 {
		t.Errorf("%d empty lines", n)
	}
}
