package tui

import (
	"bytes"
	"context"
	"io"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// Bubble Tea looks for a new frame at every tick, however long nothing has
// happened; a hundred and twenty wake-ups a second are a percent of a core on
// a small machine. So the renderer is put to rest when no message has come
// for a while: a mark is sent down its own road, in order with all else it
// writes, and the terminal that we give it to write to holds the mark's write
// back until the next message. Nothing is lost: a message wakes before it is
// handled, and rest ends by itself after idleMax.
const (
	// idleMark is an application program command, which terminals ignore,
	// should it ever reach one.
	idleMark = "\x1b_kvist: rest\x1b\\"
	// idleAfter is how long no message has come when rest is due. By then the
	// last frame has long been drawn.
	idleAfter = 100 * time.Millisecond
	// idleMax bounds a rest, for whatever does not come as a message.
	idleMax = time.Second
	// idleGap is how long nothing was written when rest begins: a terminal
	// that was slow to take the last frame is owed the next.
	idleGap = idleAfter / 2
)

// idleTerminal is a terminal whose writer can be put to rest.
type idleTerminal struct {
	*os.File
	ctx   context.Context //nolint:containedctx // of the program, whose end ends a rest
	out   io.Writer       // the file
	wake  chan struct{}   // has an element when a message came since the mark
	again func()          // a rest ended by itself, or did not begin
	wrote time.Time       // when the last write ended

	clusters bool // the terminal counted what is seen as one character as one
}

func newIdleTerminal(ctx context.Context, f *os.File) *idleTerminal {
	return &idleTerminal{File: f, ctx: ctx, out: f, wake: make(chan struct{}, 1)}
}

// Write writes all but the mark, at which it rests.
func (t *idleTerminal) Write(p []byte) (int, error) {
	text := bytes.ReplaceAll(p, []byte(idleMark), nil)
	if len(text) > 0 {
		if n, err := t.out.Write(text); err != nil {
			return n, err
		}
	}
	if len(text) < len(p) {
		t.idle()
	}
	if len(text) > 0 {
		t.wrote = time.Now()
	}
	return len(p), nil
}

// idle waits for the next message.
func (t *idleTerminal) idle() {
	if time.Since(t.wrote) < idleGap {
		go t.again()
		return
	}
	limit := time.NewTimer(idleMax)
	defer limit.Stop()
	select {
	case <-t.wake:
	case <-t.ctx.Done():
	case <-limit.C:
		go t.again()
	}
}

// see is Bubble Tea's filter: it is told of each message before anything is
// done about it.
func (t *idleTerminal) see(_ tea.Model, msg tea.Msg) tea.Msg {
	select {
	case <-t.wake:
	default:
	}
	if raw, ok := msg.(tea.RawMsg); !ok || raw.Msg != idleMark {
		t.wake <- struct{}{} // only this goroutine sends
	}
	if report, ok := msg.(tea.ModeReportMsg); ok && report.Mode == ansi.ModeUnicodeCore {
		return t.countAsEver(report)
	}
	return msg
}

// countAsEver keeps the terminal to counting each character by itself, as all
// of them can: Bubble Tea would have those that can count by what is seen as
// one do that, and widths would not be the same everywhere.
func (t *idleTerminal) countAsEver(report tea.ModeReportMsg) tea.Msg {
	if report.Value != ansi.ModeSet {
		return nil
	}
	t.clusters = true
	return tea.RawMsg{Msg: ansi.ResetModeUnicodeCore}
}

// restore gives back what countAsEver took.
func (t *idleTerminal) restore() {
	if t.clusters {
		_, _ = io.WriteString(t.out, ansi.SetModeUnicodeCore)
	}
}

// idleDue says that rest may be due.
type idleDue struct{}

func (idleDue) apply(m *Model) tea.Cmd {
	m.idleAsked = false
	if since := m.now().Sub(m.lastMessage); since < idleAfter {
		return m.askIdle(idleAfter - since)
	}
	return tea.Raw(idleMark)
}

// askIdle sees to it that rest is taken when no message comes for a while.
func (m *Model) askIdle(in time.Duration) tea.Cmd {
	if m.idleAsked || !m.opts.idles {
		return nil
	}
	m.idleAsked = true
	return m.after(in, idleDue{})
}

// noteMessage notes that something came that is not about rest itself.
func (m *Model) noteMessage(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(idleDue); ok {
		return nil
	}
	m.lastMessage = m.now()
	return m.askIdle(idleAfter)
}
