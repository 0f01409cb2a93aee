package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A copy goes to the first program that accepts it. The message says where it went
// and what was copied.
func TestCopy(t *testing.T) {
	large := strings.Repeat("x", maxOSC52+1)
	for name, c := range map[string]struct {
		env, programs []string
		text          string
		took          string // which program took the text; "" for the terminal
		says          string
	}{
		"tmux":           {[]string{"TMUX"}, []string{"tmux"}, "v", "tmux load-buffer -w -", "copied it to tmux's buffer and the clipboard"},
		"tmux before X":  {[]string{"TMUX", "DISPLAY"}, []string{"tmux", "xclip"}, "v", "tmux load-buffer -w -", "copied it"},
		"an old tmux":    {[]string{"TMUX"}, []string{"old tmux"}, "v", "tmux load-buffer -", "copied it to tmux's buffer"},
		"Wayland":        {[]string{"WAYLAND_DISPLAY"}, []string{"wl-copy", "xclip"}, "v", "wl-copy", "copied it to the clipboard"},
		"X":              {[]string{"DISPLAY"}, []string{"xclip"}, large, "xclip -selection clipboard -in", "copied it to the clipboard"},
		"no display":     {nil, []string{"xclip", "wl-copy"}, "v", "", "sent it to the terminal's clipboard"},
		"nothing":        {[]string{"TMUX", "DISPLAY"}, nil, "v", "", "sent it to the terminal's clipboard"},
		"too large":      {nil, nil, large, "", "not copied: it has 72.3 KiB"},
		"ssh to a Mac":   {[]string{"SSH_CONNECTION"}, []string{"pbcopy"}, "v", "", "sent it to the terminal's clipboard"},
		"a Mac":          {nil, []string{"pbcopy"}, "v", "pbcopy", "copied it to the clipboard"},
		"control":        {nil, nil, "v\x1b[201~rm", "", "contains control characters"},
		"control copied": {nil, []string{"pbcopy"}, "v\x1b", "pbcopy", "contains control characters"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, program := range c.programs {
				script := "#!/bin/sh\necho \"${0##*/} $*\" > \"${0%/*}/took\"\n"
				if program == "old tmux" {
					program, script = "tmux", "#!/bin/sh\n[ \"$2\" = -w ] && exit 1\necho \"tmux $*\" > \"${0%/*}/took\"\n"
				}
				if err := os.WriteFile(filepath.Join(dir, program), []byte(script), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PATH", dir)
			for _, name := range []string{"TMUX", "DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"} {
				t.Setenv(name, "")
			}
			for _, name := range c.env {
				t.Setenv(name, "there")
			}
			m := still(t, "", 80, 24)
			r := m.copyOut("it", c.text, holdsControl(c.text, "\n"))().(copied)
			sent := r.apply(m)
			took, _ := os.ReadFile(filepath.Join(dir, "took")) // missing if nothing took it
			if got := strings.TrimSpace(string(took)); got != c.took {
				t.Errorf("%q took it, not %q", got, c.took)
			}
			if terminal := c.took == "" && len(c.text) <= maxOSC52; (sent != nil) != terminal {
				t.Errorf("sent to the terminal: %v", sent != nil)
			}
			if !strings.Contains(m.notice.text, c.says) {
				t.Errorf("it says %q, not %q", m.notice.text, c.says)
			}
		})
	}
}
