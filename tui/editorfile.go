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

// editorCommand is the user's editor on a file, run as git and crontab run it:
// $VISUAL where the terminal can be drawn on, else $EDITOR, else the one that
// the machine has. Both variables are pieces of shell, with quotes and
// arguments.
func editorCommand(env func(string) string, file string) *exec.Cmd {
	text := env("EDITOR")
	if visual := env("VISUAL"); visual != "" && env("TERM") != "dumb" {
		text = visual
	}
	switch {
	case strings.TrimSpace(text) == "":
		return exec.Command(editorThere(), file)
	case !strings.ContainsAny(text, shellChars):
		return exec.Command(text, file)
	case runtime.GOOS == "windows":
		words := strings.Fields(text)
		return exec.Command(words[0], append(words[1:], file)...)
	default:
		return exec.Command("sh", "-c", text+` "$@"`, text, file)
	}
}

// shellChars are what a shell does something about. What has none of them is
// run without one, which is how a missing editor is told by its name.
const shellChars = "|&;<>()$`\\\"' \t\n*?[#~=%"

// editorThere is an editor that the machine has.
func editorThere() string {
	for _, name := range []string{"nano", "vi", "vim"} {
		if _, err := exec.LookPath(name); err == nil {
			return name
		}
	}
	return "vi"
}

// noEditor reports whether a command failed since there is no such program.
func noEditor(err error) bool {
	const notFound = 127 // by which a shell tells it
	var failed *exec.ExitError
	return errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) || errors.As(err, &failed) && failed.ExitCode() == notFound
}

// editorFile writes text to a file in a directory of its own, which remove
// takes away.
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

// maxFileName is how many bytes of a key's name a file has, with what editors
// put behind it for files of their own.
const maxFileName = 200

// editorFileName names a file as a key is, so that an editor knows the format.
// A long name loses its beginning's end and keeps its extension, and none
// begins with a dot: editors read .editorconfig, .exrc or .dir-locals.el from
// the very directory of the file they open.
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
