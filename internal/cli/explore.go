package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kvist/internal/config"
	"kvist/internal/journal"
	"kvist/internal/transfer"
	"kvist/keymap"
	"kvist/kv"
	"kvist/themes"
)

// Exploration says what the explorer opens, and how it looks.
type Exploration struct {
	Open    func(ctx context.Context) (kv.Store, error)
	Address string // shown until the store is open; holds no secret
	// Place returns which part of the opened store is explored, and its
	// address.
	Place    func(s kv.Store) (prefix, address string)
	Profile  string // "" for a bare address
	ReadOnly bool
	// Unverified says that the server's certificate is not verified.
	Unverified bool
	Protected  bool          // ask for the profile's name before the first write
	Timeout    time.Duration // of each request
	Note       string        // a message for the start; may be empty
	Secrets    []string      // variables of the environment that programs started by kvist do not get

	ConfirmCount *int // how many keys a plan may have without typing their number; nil for the default

	// Journal returns the journal of the opened store; nil if writes are not
	// recorded.
	Journal func() *journal.Journal

	// Elsewhere opens the store that a profile, or else an address, names, as
	// the target of a plan. The key behind it follows the address, or is name;
	// last is added to one that is missing or ends in a slash.
	Elsewhere func(ctx context.Context, profile, name, last string) (*transfer.Site, error)
	Profiles  []string // that Elsewhere knows
	Schemes   []string // of its addresses

	Keymap  *keymap.Keymap
	Theme   string         // a name; "" for the default
	Themes  []themes.Theme // the user's own
	NoColor bool
	ASCII   bool // the terminal shows ASCII only
}

// explore opens the named store and passes it to the screen. It finds mistakes
// in the settings before it takes the screen.
func (p *Program) explore(cmd *cobra.Command, o *options, what string) error {
	ctx := cmd.Context()
	if !isTerminal(p.Stdin) || !isTerminal(p.Stdout) {
		return usagef("the TUI needs a terminal; use kvist ls, get, put, rm, watch or locks in scripts")
	}
	if p.Guard != nil {
		if code, done := p.Guard(); done && code != exitOK {
			return &reportedError{code}
		} else if done {
			return nil
		}
	}
	settings, choice, err := p.choose(o, what)
	if err != nil {
		return notAStore(cmd, what, err)
	}
	e, err := p.look(o.theme, settings)
	if err != nil {
		return err
	}
	t, err := p.resolve(ctx, o, choice)
	if err != nil {
		return err
	}
	defer t.stop()
	e.Address, e.Profile = t.Address.String(), t.Profile
	e.Place = func(s kv.Store) (prefix, address string) {
		t.place(s)
		dir := kv.Dir(s, t.key)
		return dir, t.Address.At(dir).String()
	}
	e.Unverified = t.Unverified
	e.Journal = func() *journal.Journal { return t.journal }
	e.ReadOnly, e.Protected, e.Note = t.ReadOnly, t.Protected, t.note(e.Note)
	e.Secrets = t.SecretEnv
	e.Timeout = cmp.Or(t.Config.ConnectionTimeout, kv.DefaultConnectionTimeout)
	others := &others{program: p, options: o.elsewhere(), settings: settings, own: site{target: t}}
	defer others.close()
	e.Elsewhere, e.Profiles, e.Schemes = others.open, settings.Names(), schemes()
	e.Open = func(ctx context.Context) (store kv.Store, err error) {
		defer showOpening(p.Stdout, e.Address, e.Timeout)()
		others.own.store, err = t.openUntil(ctx)
		return others.own.store, err
	}
	return p.Explore(ctx, e)
}

// look sets how the explorer looks and which keys it has.
func (p *Program) look(theme string, settings *config.File) (Exploration, error) {
	e := Exploration{Theme: cmp.Or(theme, settings.Theme), ASCII: onlyASCII(p.Env), ConfirmCount: settings.ConfirmCount}
	noColor, _ := p.Env("NO_COLOR")
	e.NoColor = noColor != "" // https://no-color.org
	var err error
	if e.Keymap, err = keymap.Load(settings.Text, settings.Path); err != nil {
		return e, err
	}
	e.Note = strings.Join(e.Keymap.Taken(), "; ")
	if e.Themes, err = ownThemes(config.ThemesDir(settings.Path)); err != nil {
		return e, err
	}
	if _, err = themes.For(e.Theme, true, false, e.Themes...); err != nil {
		return e, usagef("%s", err)
	}
	return e, nil
}

// ownThemes returns the themes that the user keeps in dir, one file each.
func ownThemes(dir string) ([]themes.Theme, error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, usagef("the themes cannot be read: %s", err)
	}
	var own []themes.Theme
	for _, file := range files {
		if filepath.Ext(file.Name()) != ".toml" {
			continue
		}
		name := filepath.Join(dir, file.Name())
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, usagef("a theme cannot be read: %s", err)
		}
		theme, err := themes.Load(data, name)
		if err != nil {
			return nil, err
		}
		own = append(own, theme)
	}
	return own, nil
}

// onlyASCII reports whether the locale rules out all but ASCII. The first of
// these variables that is set decides (POSIX.1-2017, section 8.2); without any,
// UTF-8 is assumed, since terminals use it.
func onlyASCII(env config.Environ) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale, _ := env(name); locale != "" {
			locale = strings.ToLower(locale)
			return !strings.Contains(locale, "utf-8") && !strings.Contains(locale, "utf8")
		}
	}
	return false
}
