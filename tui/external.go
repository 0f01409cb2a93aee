package tui

import (
	"bytes"
	"errors"
	"io"
	"os"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/format"
	"kvist/internal/job"
)

// runEditor opens a text in $EDITOR, in a file that only the user can read, and
// takes back what the editor leaves.
func (m *Model) runEditor(e *edit, text []byte) tea.Cmd {
	e.outside, e.putsBack = true, false
	run := &editorRun{key: e.key, text: text, environ: m.opts.Environ, job: m.opts.Job}
	run.keep = m.keepLater(e, run)
	return lendTerminal(run, func(err error) tea.Msg {
		return resultElsewhere{m, edited{edit: e, before: text, mine: run.mine, err: err}}
	})
}

// editorRun is a run of $EDITOR. It happens in a command, while the editor has the
// terminal.
type editorRun struct {
	key        string
	text, mine []byte   // mine is nil until the editor has ended
	keep       tea.Cmd  // keeps mine as a draft; nil if drafts are not kept
	environ    []string // of the editor; nil for the program's own
	job        *job.Job
	in         io.Reader
	out        io.Writer
}

// SetStdin implements tea.ExecCommand. The editor gets the terminal itself.
func (r *editorRun) SetStdin(in io.Reader) {
	if t, ok := in.(*pasteInput); ok {
		in = t.File
	}
	r.in = in
}

// SetStdout implements tea.ExecCommand. The editor gets the terminal itself: of our
// writer it would get a pipe, about which vim complains for two seconds, and with
// which others do not start.
func (r *editorRun) SetStdout(out io.Writer) {
	if t, ok := out.(*idleTerminal); ok {
		out = t.File
	}
	r.out = out
}

// SetStderr implements tea.ExecCommand. The editor's errors go to the terminal,
// wherever the program's own go.
func (r *editorRun) SetStderr(io.Writer) {}

// Run writes the file, runs the editor and reads the file.
func (r *editorRun) Run() error {
	file, remove, err := editorFile(r.key, r.text)
	if err != nil {
		return err
	}
	defer remove()
	cmd := editorCommand(os.Getenv, file)
	cmd.Env = r.environ
	cmd.Stdin, cmd.Stdout, cmd.Stderr = r.in, r.out, r.out
	back := r.job.Lend()
	failed := cmd.Run()
	back()
	mine, err := os.ReadFile(file)
	if err == nil {
		r.mine = append([]byte{}, mine...)
		r.keepNow()
	}
	return errors.Join(failed, err)
}

// keepNow keeps the text as a draft at once: the program may be ended before the
// result reaches it.
func (r *editorRun) keepNow() {
	if text, _ := format.LineEnd(r.text, r.mine); r.keep != nil && !bytes.Equal(text, r.text) {
		r.keep() // an error is shown when the result is applied
	}
}

// edited is what $EDITOR left.
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
		return r.keep(m)
	case noEditor(r.err):
		m.notice.warn(m.now(), "there is no such editor ("+clean(r.err.Error())+"): set $EDITOR to one that is installed")
		return r.keep(m)
	case r.err != nil:
		m.notice.warn(m.now(), "not saved: the editor failed ("+clean(r.err.Error())+")")
		return r.keep(m)
	}
	text, ask := format.LineEnd(r.before, r.mine)
	if ask && r.edit.lineEnd == lineEndUnasked {
		m.open(&lineEndDialog{edit: r.edit, before: r.before, mine: r.mine})
		return m.keepDraft(r.edit, r.mine)
	}
	if ask && r.edit.lineEnd == lineEndOff {
		text = format.WithoutLineEnd(r.before, r.mine)
	}
	if r.edit.fromInline && bytes.Equal(text, r.before) && !bytes.Equal(text, r.edit.baseValue()) {
		m.notice.say(m.now(), "nothing was changed in $EDITOR")
		return m.editIn(r.edit, text)
	}
	return m.saveOutside(r.edit, text)
}

// saveOutside saves the text from $EDITOR, unless it is what is stored.
func (m *Model) saveOutside(e *edit, mine []byte) tea.Cmd {
	if e.base != nil && bytes.Equal(mine, e.baseValue()) {
		m.notice.say(m.now(), "nothing was changed")
		return m.dropDraft(e.key)
	}
	return tea.Batch(m.keepDraft(e, mine), m.save(e, mine))
}

// keep keeps what a failed editor left, if it changed anything: in the inline
// editor if the text came from there, or else as a draft.
func (r edited) keep(m *Model) tea.Cmd {
	if r.edit.fromInline {
		return m.editIn(r.edit, r.before)
	}
	if text, _ := format.LineEnd(r.before, r.mine); r.mine == nil || bytes.Equal(text, r.before) {
		return nil
	}
	m.notice.text += "; draft of " + cleanName(r.edit.key) + " kept"
	return m.keepDraft(r.edit, r.mine)
}
