package tui

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"kvist/internal/scratch"
)

// editorCommand returns the command for the user's editor on a file, as git and
// crontab run it: $VISUAL on a terminal that can be drawn on, or $EDITOR, or an
// editor that is installed. Both variables are shell code, with quotes and
// arguments.
func editorCommand(env func(string) string, file string) *exec.Cmd {
	text, set := Editor(env)
	switch {
	case !set:
		return exec.Command(text, file)
	case !strings.ContainsAny(text, shellChars):
		return exec.Command(text, file)
	case runtime.GOOS == "windows":
		words := strings.Fields(text)
		return exec.Command(words[0], append(words[1:], file)...)
	default:
		return exec.Command("sh", "-c", text+` "$@"`, text, file)
	}
}

// Editor returns the command of the user's editor. set reports whether the environment
// names it; else it is one that is installed.
func Editor(env func(string) string) (command string, set bool) {
	command = env("EDITOR")
	if visual := env("VISUAL"); visual != "" && env("TERM") != "dumb" {
		command = visual
	}
	if strings.TrimSpace(command) == "" {
		return editorThere(), false
	}
	return command, true
}

// shellChars are the characters with a meaning to a shell. A command without them
// runs without a shell, so that the error for a missing editor names it.
const shellChars = "|&;<>()$`\\\"' \t\n*?[#~=%"

// editorThere returns an editor that is installed.
func editorThere() string {
	for _, name := range []string{"nano", "vi", "vim"} {
		if _, err := exec.LookPath(name); err == nil {
			return name
		}
	}
	return "vi"
}

// noEditor reports whether a command failed because the program does not exist.
func noEditor(err error) bool {
	const notFound = 127 // a shell's exit code for it
	var failed *exec.ExitError
	return errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) || errors.As(err, &failed) && failed.ExitCode() == notFound
}

// editorFile writes text to a file in a directory of its own. remove removes both.
func editorFile(key string, text []byte) (file string, remove func(), err error) {
	dir, remove, err := scratch.Dir("edit")
	if err != nil {
		return "", nil, err
	}
	file = filepath.Join(dir, editorFileName(key))
	if err := os.WriteFile(file, text, 0o600); err != nil {
		remove()
		return "", nil, err
	}
	return file, remove, nil
}

// maxFileName is how many bytes of a key a file's name has. Editors append their
// own to it.
const maxFileName = 200

// editorFileName returns a file name like the key's, so that an editor knows the
// format. A long name is cut but keeps its extension. No name begins with a dot:
// editors read .editorconfig, .exrc or .dir-locals.el from the directory of the
// file.
func editorFileName(key string) string {
	name := strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, path.Base(key))
	if strings.Trim(name, ".") == "" {
		return "value"
	}
	if name[0] == '.' || name[0] == '-' {
		name = "value" + name
	}
	if len(name) > maxFileName {
		ext := path.Ext(name)
		ext = ext[:min(len(ext), maxFileName/2)]
		name = name[:maxFileName-len(ext)] + ext
	}
	return name
}
