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

// Bubble Tea looks for a new frame at every tick even if nothing has happened; 120
// wake-ups a second take a percent of a core on a small machine. So the renderer
// idles when no message has come for a while: a mark goes the way of all its
// output, and the terminal that it writes to blocks the write of the mark until the
// next message. Nothing is lost: a message wakes the renderer before it is handled,
// and idling ends by itself after idleMax.
const (
	// idleMark is an application program command. Terminals ignore it, should one
	// ever get it.
	idleMark = "\x1b_kvist: rest\x1b\\"
	// idleAfter is how long no message has come before the renderer idles. By then
	// the last frame has long been drawn.
	idleAfter = 100 * time.Millisecond
	// idleMax limits how long it idles, for anything that does not come as a
	// message.
	idleMax = time.Second
	// idleGap is how long nothing was written before it idles: a slow terminal may
	// still have a frame to take.
	idleGap = idleAfter / 2
)

// idleTerminal is a terminal whose writer can idle.
type idleTerminal struct {
	*os.File
	ctx   context.Context //nolint:containedctx // of the program, whose end ends idling
	out   io.Writer       // the file
	wake  chan struct{}   // holds an element when a message has come since the mark
	again func()          // idling ended by itself or did not begin
	wrote time.Time       // when the last write ended

	clusters bool // the terminal counted grapheme clusters as one character
}

func newIdleTerminal(ctx context.Context, f *os.File) *idleTerminal {
	return &idleTerminal{File: f, ctx: ctx, out: f, wake: make(chan struct{}, 1)}
}

const (
	// afresh begins a frame that is drawn in full, as after each change of size.
	afresh = ansi.CursorHomePosition + ansi.EraseEntireScreen
	// allLines is DECSTBM without parameters, which are those of all lines.
	allLines = "\x1b[r"
)

// Write writes everything but the mark, at which it idles. Before a frame that is drawn in full it
// gives the terminal back the margins of all its lines. Scrolling ends with margins of the lines
// there were; where that is still on its way when the terminal grows, the next frame would scroll
// at the old last line and be garbled for good.
func (t *idleTerminal) Write(p []byte) (int, error) {
	text := bytes.ReplaceAll(p, []byte(idleMark), nil)
	rest := len(text) < len(p)
	text = bytes.ReplaceAll(text, []byte(afresh), []byte(allLines+afresh))
	if len(text) > 0 {
		if n, err := t.out.Write(text); err != nil {
			return n, err
		}
	}
	if rest {
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

// see is Bubble Tea's filter: it gets each message before the model does.
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

// countAsEver makes the terminal count each character by itself, as all terminals
// can. Bubble Tea would have those that can count grapheme clusters, and widths
// would differ between terminals.
func (t *idleTerminal) countAsEver(report tea.ModeReportMsg) tea.Msg {
	if report.Value != ansi.ModeSet {
		return nil
	}
	t.clusters = true
	return tea.RawMsg{Msg: ansi.ResetModeUnicodeCore}
}

// restore undoes countAsEver.
func (t *idleTerminal) restore() {
	if t.clusters {
		_, _ = io.WriteString(t.out, ansi.SetModeUnicodeCore)
	}
}

// idler asks the terminal to idle.
type idler struct {
	ctx         context.Context //nolint:containedctx // of the program
	on          bool            // the terminal that is drawn on can idle
	asked       bool            // a check whether to idle is scheduled
	lastMessage time.Time
}

// idleDue says that it may be time to idle.
type idleDue struct{}

// due idles, unless a message came meanwhile.
func (i *idler) due() tea.Cmd {
	i.asked = false
	if since := time.Since(i.lastMessage); since < idleAfter {
		return i.ask(idleAfter - since)
	}
	return tea.Raw(idleMark)
}

// ask schedules idling for when no message comes for a while.
func (i *idler) ask(in time.Duration) tea.Cmd {
	if i.asked || !i.on {
		return nil
	}
	i.asked = true
	return after(i.ctx, in, idleDue{})
}

// note notes that a message came which is not about idling.
func (i *idler) note() tea.Cmd {
	i.lastMessage = time.Now()
	return i.ask(idleAfter)
}
