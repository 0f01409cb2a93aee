package tui

import (
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/job"
)

// lendTerminal runs c while the terminal is released, like tea.Exec.
func lendTerminal(c tea.ExecCommand, done tea.ExecCallback) tea.Cmd {
	return tea.Exec(unhurried{c}, done)
}

// unhurried is a command that begins when Bubble Tea's renderer has stopped for
// certain. Bubble Tea does not wait for that, and a renderer that stops after it was
// started again draws nothing any more
// (https://github.com/charmbracelet/bubbletea/issues/1778).
type unhurried struct{ tea.ExecCommand }

// rendererStops is far more than the renderer needs: it only stops a ticker.
const rendererStops = 20 * time.Millisecond

// Run implements tea.ExecCommand.
func (u unhurried) Run() error {
	time.Sleep(rendererStops)
	return u.ExecCommand.Run()
}

// suspend gives the terminal back to the shell until the shell continues the
// program. It works everywhere, also while text is typed: nothing is lost.
func (m *Model) suspend() tea.Cmd {
	s := &suspension{job: m.opts.Job}
	return lendTerminal(s, func(error) tea.Msg { return resumed{s.stopped} })
}

// suspension stops the program while Bubble Tea has released the terminal, as for
// another program. Bubble Tea's own suspending waits for ever where there is no
// shell.
type suspension struct {
	job     *job.Job
	stopped bool
}

// Run implements tea.ExecCommand.
func (s *suspension) Run() error {
	s.stopped = s.job.Stop()
	return nil
}

// SetStdin implements tea.ExecCommand.
func (s *suspension) SetStdin(io.Reader) {}

// SetStdout implements tea.ExecCommand.
func (s *suspension) SetStdout(io.Writer) {}

// SetStderr implements tea.ExecCommand.
func (s *suspension) SetStderr(io.Writer) {}

// resumed says that the program continues, or was never stopped.
type resumed struct{ stopped bool }

func (r resumed) apply(m *Model) tea.Cmd {
	if !r.stopped {
		m.shown().notice.warn(m.now(), "not suspended: there is no shell to go back to")
	}
	return nil
}

// stopAsked says that a signal asked the program to stop.
type stopAsked struct{}

func (stopAsked) apply(m *Model) tea.Cmd { return m.suspend() }

// goneOn says that the program continues after a stop that it did not expect: it
// takes the terminal again, whatever was done to it.
type goneOn struct{}

func (goneOn) apply(*Model) tea.Cmd {
	return lendTerminal(&retaking{}, func(error) tea.Msg { return nil })
}

// retaking does nothing while the terminal is released and taken again.
type retaking struct{ suspension }

// Run implements tea.ExecCommand.
func (*retaking) Run() error { return nil }
