package tui

import (
	"context"
	"errors"
	"fmt"
	"os"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
	"kvist/themes"
)

// Run opens the store, or has the user choose one, and explores it until the user
// leaves. It restores the terminal, also after a panic and when ctx ends, and keeps
// unsaved text as a draft. It returns the error of opening as it is.
func Run(ctx context.Context, o Options) error {
	ctx, cancel := untilCutOff(ctx)
	defer cancel()
	collectOften()
	store := kv.Store(noStore{})
	if o.Open != nil {
		var err error
		if store, err = o.Open(ctx); err != nil {
			return err
		}
	}
	defer store.Close()
	d, in, out := newDeck(ctx, NewModel(ctx, store, o)), newPasteInput(os.Stdin), newIdleTerminal(ctx, os.Stdout)
	d.idle.on = true
	see := func(m tea.Model, msg tea.Msg) tea.Msg { return out.see(m, in.read(msg)) }
	model, quiet := tea.Model(d), func() {}
	if o.Linear {
		lines := newSpeaker(os.Stdout, o.ASCII)
		out.out = modesOnly{os.Stdout}
		model, quiet = newLinear(d, lines), lines.close
	}
	p := tea.NewProgram(model, tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond),
		tea.WithInput(in), tea.WithOutput(out), tea.WithFilter(see), tea.WithColorProfile(themes.Profile()))
	out.again = func() { p.Send(idleDue{}) }
	defer context.AfterFunc(ctx, func() { p.Send(endAsked{}) })()
	defer o.Job.Watch(func() { p.Send(stopAsked{}) }, func() { p.Send(goneOn{}) })()
	_, err := p.Run()
	quiet()
	out.restore()
	return errors.Join(crashed(err), d.finish())
}

// untilCutOff returns a context that ends with parent, or when end is called: either
// way a plan is cut off that is under way then.
func untilCutOff(parent context.Context) (ctx context.Context, end func()) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() { cancel(kv.ErrCutOff) })
	return ctx, func() {
		stop()
		cancel(kv.ErrCutOff)
	}
}

// endAsked says that a signal or the caller asked the program to end.
type endAsked struct{}

func (endAsked) apply(m *Model) tea.Cmd { return m.quit() }

// crashed replaces Bubble Tea's error for a panic by a sentence for the user.
func crashed(err error) error {
	if errors.Is(err, tea.ErrProgramPanic) {
		return fmt.Errorf("kvist crashed (a bug); what was typed and not saved is kept as a draft: %w", err)
	}
	return err
}

// quit ends the program, after keeping a draft of what was typed.
func (m *Model) quit() tea.Cmd {
	m = m.present()
	m.noteDeeds()
	return m.inOrder(m.keepTyped(), tea.Quit)
}

// keepTyped keeps a draft of the text in the editor.
func (m *Model) keepTyped() tea.Cmd {
	if m.editor == nil || !m.editor.touched() {
		return nil
	}
	return m.keepDraft(m.editor.edit, m.editor.text())
}

// finish closes what is open when the program has ended. It keeps a draft too:
// after a panic, nothing else has.
func (m *Model) finish() error {
	m.keepTyped()
	kept := m.draftQueue.Finish() // before waiting for anything
	unsaved := m.awaitSaves()
	return errors.Join(m.fault, kept, unsaved, m.cutOff(), m.letGo()())
}
