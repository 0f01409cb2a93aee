package tui

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The editor is chosen and run as git does it.
func TestEditorCommand(t *testing.T) {
	dir := t.TempDir()
	editor := filepath.Join(dir, "my ed")
	if err := os.WriteFile(editor, []byte("#!/bin/sh\nfor a; do echo \"<$a>\"; done\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(dir, "ed")
	if err := os.Symlink(editor, plain); err != nil {
		t.Fatal(err)
	}
	quoted := "'" + editor + "'"
	for name, c := range map[string]struct{ visual, editor, term, want string }{
		"EDITOR":                    {"", plain, "xterm", "<f>"},
		"VISUAL goes first":         {plain + " -v", "false", "xterm", "<-v> <f>"},
		"VISUAL, dumb terminal":     {"false", plain, "dumb", "<f>"},
		"arguments":                 {"", plain + " --wait  -n", "xterm", "<--wait> <-n> <f>"},
		"a quoted program":          {"", quoted, "xterm", "<f>"},
		"a quoted argument":         {"", plain + ` -u "my rc" '$HOME'`, "xterm", "<-u> <my rc> <$HOME> <f>"},
		"a variable":                {"", plain + ` "$EXTRA"`, "xterm", "<of the shell> <f>"},
		"VISUAL is there but empty": {"", plain, "xterm", "<f>"},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"VISUAL": c.visual, "EDITOR": c.editor, "TERM": c.term}
			cmd := editorCommand(func(name string) string { return env[name] }, "f")
			cmd.Env = append(os.Environ(), "EXTRA=of the shell")
			out, err := cmd.Output()
			if got := strings.Join(strings.Split(strings.TrimSpace(string(out)), "\n"), " "); err != nil || got != c.want {
				t.Errorf("the editor got %q, not %q: %v", got, c.want, err)
			}
		})
	}
}

// Without a variable, the editor is the first one that is installed.
func TestTheEditorIsTheOneThatThereIs(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	none := func(string) string { return "" }
	if got := editorCommand(none, "f").Args[0]; got != "vi" {
		t.Errorf("%s is named where there is none", got)
	}
	for _, name := range []string{"vim", "vi", "nano"} { // each comes before those already installed
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o700); err != nil {
			t.Fatal(err)
		}
		if got := editorCommand(none, "f").Args[0]; got != name {
			t.Errorf("%s instead of %s", got, name)
		}
	}
}

// A missing editor is recognised, however it is run.
func TestNoEditor(t *testing.T) {
	for _, text := range []string{"/nowhere/nosuch", "nosuch-editor", "nosuch-editor --wait"} {
		cmd := editorCommand(func(string) string { return text }, "f")
		if err := cmd.Run(); !noEditor(err) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if noEditor(exec.Command("false").Run()) {
		t.Error("an editor that fails is taken for none")
	}
}

func TestEditorFileName(t *testing.T) {
	long := strings.Repeat("x", 300)
	for key, want := range map[string]string{
		"config/app.json":          "app.json",
		"a b/c d":                  "c_d",
		"dir/.editorconfig":        "value.editorconfig",
		".dir-locals.el":           "value.dir-locals.el",
		"-rf":                      "value-rf",
		"..":                       "value",
		"":                         "value",
		"a/" + long + ".yaml":      long[:195] + ".yaml",
		long:                       long[:200],
		"x." + long:                ("x." + long)[:100] + ("." + long)[:100],
		"providers/dubbo%3A%2F%2F": "dubbo_3A_2F_2F",
		"caf\u00e9/\u00e9.toml":    "_.toml",
	} {
		if got := editorFileName(key); got != want || len(got) > maxFileName {
			t.Errorf("%.40q is the file %q, not %q", key, got, want)
		}
	}
}
