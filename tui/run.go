package tui

import (
	"context"
	"errors"
	"fmt"
	"os"

	tea "charm.land/bubbletea/v2"

	"kvist/themes"
)

// Run opens the store and explores it until the user leaves. The terminal is
// as it was afterwards, also after a panic, and when ctx ends; what was typed
// and not saved is kept as a draft. The error of opening comes back as it is.
func Run(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	collectOften()
	store, err := o.Open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	o.idles = true
	m, in, out := NewModel(ctx, store, o), newPasteInput(os.Stdin), newIdleTerminal(ctx, os.Stdout)
	see := func(m tea.Model, msg tea.Msg) tea.Msg { return out.see(m, in.read(msg)) }
	p := tea.NewProgram(m, tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond),
		tea.WithInput(in), tea.WithOutput(out), tea.WithFilter(see), tea.WithColorProfile(themes.Profile()))
	out.again = func() { p.Send(idleDue{}) }
	defer context.AfterFunc(ctx, func() { p.Send(endAsked{}) })()
	defer o.Job.Watch(func() { p.Send(stopAsked{}) }, func() { p.Send(goneOn{}) })()
	_, err = p.Run()
	out.restore()
	return errors.Join(crashed(err), m.finish())
}

// endAsked says that the program was told to end.
type endAsked struct{}

func (endAsked) apply(m *Model) tea.Cmd { return m.quit() }

// crashed turns what Bubble Tea says of a panic into a sentence.
func crashed(err error) error {
	if errors.Is(err, tea.ErrProgramPanic) {
		return fmt.Errorf("kvist crashed (a bug); what was typed and not saved is kept as a draft: %w", err)
	}
	return err
}

// quit ends the program. What was typed is kept first.
func (m *Model) quit() tea.Cmd {
	return tea.Sequence(m.keepTyped(), tea.Quit)
}

// keepTyped keeps a draft of what stands in the editor.
func (m *Model) keepTyped() tea.Cmd {
	if m.editor == nil || !m.editor.touched() {
		return nil
	}
	return m.keepDraft(m.editor.edit, m.editor.text())
}

// finish closes what is open when the program has ended. What was typed is
// kept here too: after a panic nothing else did it.
func (m *Model) finish() error {
	m.keepTyped()
	kept := m.draftQueue.Finish() // before there is anything to wait for
	unsaved := m.awaitSaves()
	if m.feed.feed != nil {
		m.feed.feed.Close()
	}
	return errors.Join(m.fault, kept, unsaved, m.draftQueue.Finish())
}
