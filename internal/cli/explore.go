package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
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
	// Open is nil where the user is to choose a store first, of Known.
	Open    func(ctx context.Context) (kv.Store, error)
	Address string // shown until the store is open; holds no secret
	// Place returns which part of the opened store is explored, and its
	// address.
	Place    func(s kv.Store) (prefix, address string)
	Profile  string // "" for a bare address
	Key      string // what was named behind the profile
	ReadOnly bool
	// Unverified says that the server's certificate is not verified.
	Unverified bool
	Protected  bool          // ask for the profile's name before the first write
	Timeout    time.Duration // of each request
	Note       string        // a message for the start; may be empty
	Secrets    []string      // variables of the environment that programs started by kvist do not get

	// Masked reports whether the values of a key of the opened store are masked.
	Masked func(key string) bool

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

	// Known are all profiles. Other returns how another store is explored, which
	// is named as on the command line; nothing of the login to this one goes with
	// it.
	Known []Profile
	Other func(ctx context.Context, what string) (Exploration, error)
	// Passing says that the store ends with the program.
	Passing bool
	// Card shows a newcomer what to try first.
	Card bool
	// Fresh starts without what was open the last time, and Forget does not keep
	// what is open either.
	Fresh, Forget bool
	// Close lets go of what belongs to the store, which is closed then. It may be
	// called more than once.
	Close func()

	// Linear prints lines instead of drawing a screen.
	Linear bool

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
		if _, _, err := p.choose(o, what); err != nil {
			return notAStore(cmd, what, err)
		}
		return usagef("the explorer needs a terminal; use kvist ls, get, put, rm, watch or locks in scripts")
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
	e.Fresh = o.fresh
	if cmd.Flags().Changed("linear") {
		e.Linear = o.linear
	}
	if what == "" && len(settings.Profiles) > 0 {
		return p.Explore(ctx, p.choosing(o, settings, e))
	}
	t, err := p.resolve(ctx, o, choice)
	if err != nil {
		return err
	}
	e = p.exploring(t, o, settings, e)
	e.Card = e.Passing && len(settings.Profiles) == 0 // who has profiles is no newcomer
	defer e.Close()
	open := e.Open
	e.Open = func(ctx context.Context) (kv.Store, error) {
		defer showOpening(p.Stdout, e.Address, e.Timeout)()
		return open(ctx)
	}
	return p.Explore(ctx, e)
}

// exploring returns how a store is explored that looks as e says.
func (p *Program) exploring(t *target, o *options, settings *config.File, e Exploration) Exploration {
	looks := e
	looks.Note = ""
	e.Address, e.Profile = t.Address.String(), t.Profile
	if e.Profile != "" {
		e.Key = t.Name
	}
	e.Place = func(s kv.Store) (prefix, address string) {
		t.place(s)
		dir := kv.Dir(s, t.key)
		return dir, t.Address.At(dir).String()
	}
	e.Unverified, e.Passing = t.Unverified, t.Address.Scheme == config.Embedded
	e.Masked = func(key string) bool { return t.masked != nil && t.masked(key) }
	e.Journal = func() *journal.Journal { return t.journal }
	e.ReadOnly, e.Protected, e.Note = t.ReadOnly, t.Protected, t.note(e.Note)
	e.Secrets = append(settings.SecretEnv(), t.SecretEnv...)
	e.Timeout = cmp.Or(t.Config.ConnectionTimeout, kv.DefaultConnectionTimeout)
	others := &others{program: p, options: o.elsewhere(), settings: settings, own: site{target: t}}
	e.Elsewhere, e.Profiles, e.Schemes = others.open, settings.Names(), schemes()
	e.Known = profiles(settings)
	e.Other = p.another(others.options, settings, looks)
	e.Open = func(ctx context.Context) (store kv.Store, err error) {
		others.own.store, err = t.openUntil(ctx)
		return others.own.store, err
	}
	e.Close = sync.OnceFunc(func() {
		others.close()
		t.stop()
	})
	return e
}

// choosing returns how the user chooses what to explore. What the flags say of the
// login goes with the first store, as it would if it were named there.
func (p *Program) choosing(o *options, settings *config.File, e Exploration) Exploration {
	looks := e
	looks.Note = ""
	e.Known = profiles(settings)
	e.Other = p.another(o, settings, looks)
	return e
}

// another returns a function that returns how a store is explored which is named as
// on the command line.
func (p *Program) another(o *options, settings *config.File, looks Exploration) func(context.Context, string) (Exploration, error) {
	return func(ctx context.Context, what string) (Exploration, error) {
		choice, err := settings.Choose(what)
		if err != nil {
			return Exploration{}, err
		}
		other, err := p.resolveQuietly(ctx, o, choice)
		if err != nil {
			return Exploration{}, err
		}
		return p.exploring(other, o, settings, looks), nil
	}
}

// Profile is a store that has a name in the settings.
type Profile struct {
	Name, Address, Kind string
	Colour              string // a word or digits that package themes takes; "" for none
	ReadOnly, Protected bool
	// Asks says that opening it runs a command for a secret, which may ask a person
	// at the terminal.
	Asks bool
	// First says that it comes first to mind.
	First bool
}

// profiles returns the profiles of the settings, sorted by name.
func profiles(settings *config.File) []Profile {
	var all []Profile
	for _, name := range settings.Names() {
		p := settings.Profiles[name]
		all = append(all, Profile{
			Name: name, Address: p.Address.String(), Kind: p.Address.Scheme.Kind(), Colour: p.Colour.String(),
			ReadOnly: p.ReadOnly, Protected: p.Protected, Asks: p.Asks(), First: name == config.DefaultProfile,
		})
	}
	return all
}

// look sets how the explorer looks and which keys it has.
func (p *Program) look(theme string, settings *config.File) (Exploration, error) {
	e := Exploration{Theme: cmp.Or(theme, settings.Theme), ASCII: onlyASCII(p.Env), ConfirmCount: settings.ConfirmCount}
	e.Linear = settings.Linear != nil && *settings.Linear
	e.Forget = settings.Restore != nil && !*settings.Restore
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
		if theme == "" {
			err = settings.Refuse("theme", err)
		}
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
