package tui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
)

// clipboardTime limits how long a clipboard program may take.
const clipboardTime = 2 * time.Second

// maxOSC52 is how many bytes are sent to the terminal's clipboard at most: most
// terminals accept 100 000 characters and silently drop a longer sequence.
const maxOSC52 = 74_000

// copyOut copies text to a clipboard; what names it.
func (m *Model) copyOut(what, text string, control bool) tea.Cmd {
	ctx, environ := m.ctx, m.opts.Environ
	return func() tea.Msg {
		r := copied{what: what, text: text, control: control}
		for _, c := range clipboards(os.Getenv) {
			if r.err = c.take(ctx, environ, text); r.err == nil {
				r.to = c.name
				break
			}
		}
		return r
	}
}

// clipboard is a program that takes text.
type clipboard struct {
	name    string
	command []string
}

// clipboards returns the programs to try, in order. tmux comes first: by default it
// ignores what a program sends to the terminal's clipboard, and offers its own
// buffer.
func clipboards(env func(string) string) []clipboard {
	var list []clipboard
	add := func(name string, command ...string) {
		if _, err := exec.LookPath(command[0]); err == nil {
			list = append(list, clipboard{name, command})
		}
	}
	if env("TMUX") != "" {
		add("tmux's buffer and the clipboard", "tmux", "load-buffer", "-w", "-") // since tmux 3.2
		add("tmux's buffer", "tmux", "load-buffer", "-")
	}
	if env("WAYLAND_DISPLAY") != "" {
		add("the clipboard", "wl-copy")
	}
	if env("DISPLAY") != "" {
		add("the clipboard", "xclip", "-selection", "clipboard", "-in")
		add("the clipboard", "xsel", "--clipboard", "--input")
	}
	if env("SSH_CONNECTION") == "" { // over SSH, the clipboard of this machine is useless
		add("the clipboard", "pbcopy")
	}
	return list
}

// take passes text to the program, which does not get the terminal.
func (c clipboard) take(ctx context.Context, environ []string, text string) error {
	ctx, cancel := context.WithTimeout(ctx, clipboardTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.command[0], c.command[1:]...)
	cmd.Env, cmd.Stdin, cmd.WaitDelay = environ, strings.NewReader(text), clipboardTime
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", c.command[0], err)
	}
	return nil
}

// copied is the result of copyOut.
type copied struct {
	what, text string
	to         string // the clipboard that took it; "" for none
	control    bool   // it contains control characters
	err        error  // of the last program that failed
}

func (r copied) apply(m *Model) tea.Cmd {
	mind := ""
	if r.control {
		mind = "; it contains control characters: be careful where you paste it"
	}
	switch {
	case r.to != "":
		m.notice.say(m.now(), "copied "+r.what+" to "+r.to+mind)
		return nil
	case len(r.text) > maxOSC52:
		why := "terminals take no more than " + sized(maxOSC52)
		if r.err != nil && !errors.Is(r.err, exec.ErrNotFound) {
			why += ", and " + clean(r.err.Error())
		}
		m.notice.warn(m.now(), "not copied: "+r.what+" has "+sized(int64(len(r.text)))+"; "+why+". kvist get prints it")
		return nil
	default:
		m.notice.say(m.now(), "sent "+r.what+" to the terminal's clipboard"+mind)
		return tea.SetClipboard(r.text)
	}
}

// holdsControl reports whether a text contains control characters besides those in
// allowed.
func holdsControl(text, allowed string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune(allowed, r)
	})
}

// ClipboardWay says what takes what is copied.
func ClipboardWay(env func(string) string) string {
	if list := clipboards(env); len(list) > 0 {
		return list[0].name + ", by " + list[0].command[0]
	}
	return "the terminal's clipboard, if it takes what programs send (OSC 52)"
}
