package tui

import (
	"context"
	"io"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
)

// Where no store is named and there are profiles, the explorer begins with the list of
// these. It stands on an explorer of no store, which gives way to the first one that is
// opened.

// noStore is the store before one is chosen. Nothing asks it for anything.
type noStore struct{ kv.Store }

// Close implements kv.Store.
func (noStore) Close() {}

// starting reports whether no store has been chosen yet.
func (m *Model) starting() bool {
	_, none := m.store.(noStore)
	return none
}

// choosing reports whether the user is to choose the first store.
func (m *Model) choosing() bool { return m.starting() && m.later() == nil }

// drawStart returns the frame behind the list of profiles.
func (m *Model) drawStart() string {
	l := m.look
	lines := []string{l.statusAccent.Paint(" kvist ") + l.status.Paint(blank(m.width-len(" kvist ")))}
	bottom := m.bottomLines(m.width)
	for len(lines) < m.height-len(bottom) {
		lines = append(lines, blank(m.width))
	}
	return strings.Join(append(lines, bottom...), "\n")
}

// begin shows the first store that was chosen, in place of the list.
func (d *deck) begin(from, n *Model) tea.Cmd {
	from.closed = true
	from.stop()
	d.tabs, d.at = nil, 0
	d.add(n)
	cmds := []tea.Cmd{n.elsewhere(tea.Batch(n.begin()...)), d.loadTabs(n), d.resize(), n.elsewhere(n.appear(from))}
	if from.opts.Background == BackgroundUnknown && !from.darkKnown {
		cmds = append(cmds, n.elsewhere(n.after(backgroundWait, backgroundDue{})))
	}
	if n.notice.text == "" {
		n.notice.say(n.now(), "this is "+clean(n.name()))
	}
	n.grace.mute(n.now())
	return tea.Batch(cmds...)
}

// asks reports whether opening a store may ask a person something at the terminal.
func (m *Model) asks(what string) bool {
	name, _, _ := strings.Cut(what, "/")
	return m.opts.Elsewhere.profile(name).Asks
}

// askAndOpen opens a store whose secret a command prints. The command gets the
// terminal, as it would on the command line: a password manager asks there.
func (m *Model) askAndOpen(o *opening) tea.Cmd {
	run := &loginAsking{by: o, lend: m.opts.Job.Lend, explore: m.opts.Elsewhere.Explore}
	return lendTerminal(run, func(error) tea.Msg { return resultElsewhere{m, loginAsked{run}} })
}

// loginAsking finds out everything about a store while Bubble Tea has released the
// terminal.
type loginAsking struct {
	by      *opening
	lend    func() (back func())
	explore func(ctx context.Context, what string) (Options, error)
	opts    Options
	err     error
	out     io.Writer
}

// SetStdin implements tea.ExecCommand.
func (r *loginAsking) SetStdin(io.Reader) {}

// SetStdout implements tea.ExecCommand: the terminal itself is written to.
func (r *loginAsking) SetStdout(out io.Writer) {
	if t, ok := out.(*idleTerminal); ok {
		out = t.File
	}
	r.out = out
}

// SetStderr implements tea.ExecCommand.
func (r *loginAsking) SetStderr(io.Writer) {}

// Run asks. It says what for, since the command may take a while.
func (r *loginAsking) Run() error {
	line := "kvist: getting the login of " + clean(r.by.what) + "…"
	_, _ = io.WriteString(r.out, line)
	back := r.lend()
	r.opts, r.err = r.explore(r.by.ctx, r.by.what)
	back()
	_, _ = io.WriteString(r.out, "\r"+blank(width(line))+"\r")
	return nil
}

// loginAsked is the result of askAndOpen.
type loginAsked struct{ run *loginAsking }

func (r loginAsked) apply(m *Model) tea.Cmd {
	by := r.run.by
	if r.run.err != nil {
		return storeOpened{by: by, err: r.run.err}.apply(m)
	}
	return func() tea.Msg { return by.open(r.run.opts) }
}
