package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"kvist/internal/build"
	"kvist/internal/config"
	"kvist/internal/drafts"
	"kvist/internal/journal"
	"kvist/internal/printable"
)

// info prints what a report of a problem needs.
func (p *Program) info(o *options) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "info",
		Short: "Print version, files and what the terminal can do",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			f := p.facts(o)
			if asJSON {
				return json.NewEncoder(p.Stdout).Encode(f)
			}
			return f.print(p)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "a JSON object")
	return cmd
}

// facts are what info prints.
type facts struct {
	Build    build.Info    `json:"build"`
	Config   location      `json:"config"`
	Themes   location      `json:"themes"`
	Drafts   location      `json:"drafts"`
	Journal  location      `json:"journal"`
	Terminal terminalFacts `json:"terminal"`
}

// location is a file or a directory.
type location struct {
	Path  string `json:"path"`
	There bool   `json:"there"`
	Fault string `json:"fault,omitempty"` // why the settings cannot be used
}

type terminalFacts struct {
	Term      string `json:"term"`
	Output    bool   `json:"output_is_terminal"`
	Width     int    `json:"width,omitempty"`
	Height    int    `json:"height,omitempty"`
	Colors    string `json:"colors"`
	ASCII     bool   `json:"ascii_only"`
	Clipboard string `json:"clipboard"`
	Editor    string `json:"editor,omitempty"`
	EditorSet bool   `json:"editor_is_set"` // by the environment
}

// colours says how many colours the terminal shows.
func (t terminalFacts) colours() string {
	for name, many := range map[colorprofile.Profile]string{
		colorprofile.TrueColor: "16 million colours", colorprofile.ANSI256: "256 colours", colorprofile.ANSI: "16 colours",
	} {
		if t.Colors == name.String() {
			return many
		}
	}
	return "no colours"
}

func locate(path string) location {
	_, err := os.Stat(path)
	return location{Path: path, There: err == nil}
}

func (p *Program) facts(o *options) facts {
	path, _ := config.Path(o.config, p.Env)
	f := facts{
		Build: p.Build, Config: locate(path), Themes: locate(config.ThemesDir(path)), Drafts: locate(drafts.Dir()), Journal: locate(journal.Dir()),
	}
	settings, err := config.Load(path, false)
	if err == nil {
		_, err = p.look("", settings)
	}
	if err != nil {
		f.Config.Fault = err.Error()
	}
	f.Terminal = terminalFacts{
		Term: p.variable("TERM"), Output: isTerminal(p.Stdout), ASCII: onlyASCII(p.Env),
		Colors: colorprofile.Detect(p.Stdout, os.Environ()).String(),
	}
	if f.Terminal.Output {
		f.Terminal.Width, f.Terminal.Height, _ = term.GetSize(int(p.Stdout.Fd()))
	}
	if p.Editor != nil {
		f.Terminal.Editor, f.Terminal.EditorSet = p.Editor(p.variable)
	}
	if p.Clipboard != nil {
		f.Terminal.Clipboard = p.Clipboard(p.variable)
	}
	return f
}

// variable returns a variable of the environment; "" if it is not set.
func (p *Program) variable(name string) string {
	value, _ := p.Env(name)
	return value
}

func (f facts) print(p *Program) error {
	line := func(what, format string, args ...any) {
		fmt.Fprintf(p.Stdout, "%-10s "+format+"\n", append([]any{what}, args...)...)
	}
	line("kvist", "%s", f.Build)
	for _, one := range []struct {
		what string
		at   location
	}{{"settings", f.Config}, {"themes", f.Themes}, {"drafts", f.Drafts}, {"journal", f.Journal}} {
		missing := ""
		if !one.at.There {
			missing = " (not there yet)"
		}
		line(one.what, "%s%s", printable.String(one.at.Path), missing)
		if one.at.Fault != "" {
			line("", "nothing in it is used until this is mended:")
			for fault := range strings.SplitSeq(one.at.Fault, "\n") {
				line("", "  %s", printable.String(fault))
			}
		}
	}
	t := f.Terminal
	size := "standard output is not a terminal"
	if t.Output {
		size = fmt.Sprintf("%d columns, %d rows", t.Width, t.Height)
	}
	line("terminal", "%s, %s", printable.String(t.Term), size)
	signs := "UTF-8"
	if t.ASCII {
		signs = "ASCII only, by the locale"
	}
	line("shows", "%s, %s", signs, t.colours())
	line("clipboard", "%s", t.Clipboard)
	unset := ""
	if !t.EditorSet {
		unset = " (neither $VISUAL nor $EDITOR is set)"
	}
	line("editor", "%s%s", printable.String(t.Editor), unset)
	return nil
}
