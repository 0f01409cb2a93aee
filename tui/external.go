package tui

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"
	xeditor "github.com/charmbracelet/x/editor"
)

// runEditor hands text to $EDITOR in a file that only the user can read, and
// takes back what is in it afterwards.
func (m *Model) runEditor(e *edit, text []byte) tea.Cmd {
	e.outside = true
	run := &editorRun{key: e.key, text: text}
	run.keep = m.keepLater(e, run)
	return tea.Exec(run, func(err error) tea.Msg {
		return edited{edit: e, before: text, mine: run.mine, err: err}
	})
}

// editorRun is one run of $EDITOR. All of it happens in a command, while the
// terminal is the editor's.
type editorRun struct {
	key            string
	text, mine     []byte  // mine is nil while nothing came back
	keep           tea.Cmd // keeps mine as a draft; nil where drafts are not kept
	in             io.Reader
	stdout, stderr io.Writer
}

// SetStdin implements tea.ExecCommand.
func (r *editorRun) SetStdin(in io.Reader) { r.in = in }

// SetStdout implements tea.ExecCommand.
func (r *editorRun) SetStdout(out io.Writer) { r.stdout = out }

// SetStderr implements tea.ExecCommand.
func (r *editorRun) SetStderr(out io.Writer) { r.stderr = out }

// Run writes the file, runs the editor and reads the file back.
func (r *editorRun) Run() error {
	file, err := editorFile(r.key, r.text)
	if err != nil {
		return err
	}
	defer os.RemoveAll(filepath.Dir(file))
	cmd, err := editorCommand(file)
	if err != nil {
		return err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = r.in, r.stdout, r.stderr
	failed := cmd.Run()
	mine, err := os.ReadFile(file)
	if err == nil {
		r.mine = append([]byte{}, mine...)
		r.keepNow()
	}
	return errors.Join(failed, err)
}

// editorCommand is the user's editor on a file: $EDITOR, else $VISUAL, else
// the one that the machine has.
func editorCommand(file string) (*exec.Cmd, error) {
	visual := strings.Fields(os.Getenv("VISUAL"))
	nano, _ := exec.LookPath("nano")
	switch {
	case os.Getenv("EDITOR") != "":
		return xeditor.Cmd("kvist", file)
	case len(visual) > 0:
		return exec.Command(visual[0], append(visual[1:], file)...), nil
	case nano != "":
		return exec.Command(nano, file), nil
	default:
		return exec.Command("vi", file), nil
	}
}

// keepNow keeps what came back as a draft at once: the program may be told to
// end before the result reaches it.
func (r *editorRun) keepNow() {
	if r.keep != nil && !bytes.Equal(r.mine, r.text) {
		r.keep() // that it failed is told when the result is applied
	}
}

// editorFile writes text to a file in a directory of its own. The file is
// named as the key is, so that an editor knows the format.
func editorFile(key string, text []byte) (string, error) {
	dir, err := os.MkdirTemp("", "kvist-")
	if err != nil {
		return "", err
	}
	name := strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, path.Base(key))
	if strings.Trim(name, ".") == "" {
		name = "value"
	}
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		os.RemoveAll(dir)
		return "", err
	}
	return file, nil
}

// edited is what $EDITOR left behind.
type edited struct {
	edit   *edit
	before []byte
	mine   []byte
	err    error
}

func (r edited) apply(m *Model) tea.Cmd {
	switch {
	case r.err != nil && r.mine == nil:
		m.notice.fail(m.now(), r.err)
		return nil
	case errors.Is(r.err, exec.ErrNotFound):
		m.notice.warn(m.now(), "there is no such editor ("+clean(r.err.Error())+"): set $EDITOR to one that is installed")
		return r.keep(m)
	case r.err != nil:
		m.notice.warn(m.now(), "the editor failed ("+clean(r.err.Error())+"): nothing was saved")
		return r.keep(m)
	case bytes.Equal(r.mine, r.edit.baseValue()) && r.edit.base != nil:
		m.notice.say(m.now(), "nothing was changed")
		return m.dropDraft(r.edit.key)
	}
	return tea.Batch(m.keepDraft(r.edit, r.mine), m.save(r.edit, r.mine))
}

// keep keeps what a failed editor left as a draft, if it changed anything.
func (r edited) keep(m *Model) tea.Cmd {
	if bytes.Equal(r.mine, r.before) {
		return nil
	}
	return m.keepDraft(r.edit, r.mine)
}
