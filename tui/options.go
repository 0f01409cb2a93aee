package tui

import (
	"context"
	"time"

	"kvist/internal/drafts"
	"kvist/internal/job"
	"kvist/internal/journal"
	"kvist/internal/places"
	"kvist/internal/transfer"
	"kvist/keymap"
	"kvist/kv"
	"kvist/themes"
)

// Options are what the explorer is started with.
type Options struct {
	// Open opens the store. It is called once, before the program takes the screen.
	// Nil lets the user choose a store first, of those in Elsewhere.
	Open func(ctx context.Context) (kv.Store, error)
	// Address is shown and names the drafts. It holds no secret.
	Address string
	// Profile is the profile's name; "" for a bare address.
	Profile string
	// Key is what was named behind the profile; "" for the whole profile.
	Key string
	// Prefix is the prefix to explore; "" is the whole store. NewModel replaces it
	// by what every key below it begins with.
	Prefix string
	// Place, unless it is nil, returns Prefix and Address in the open store's
	// terms, so that a directory has one name however it was written.
	Place func(s kv.Store) (prefix, address string)
	// ReadOnly says that the store refuses writes. The screen shows it; the store
	// enforces it.
	ReadOnly bool
	// Unverified says that the server's certificate is not verified. The screen
	// shows it.
	Unverified bool
	// Protected asks for the profile's name before the first write.
	Protected bool
	// Masked reports whether the values of a key are not shown until they are asked
	// for; nil masks none.
	Masked func(key string) bool
	// ConfirmCount is how many keys a plan may have that one key confirms; for
	// more, the number has to be typed. Nil is 1000.
	ConfirmCount *int
	// Keymap is nil for the default one.
	Keymap *keymap.Keymap
	// Theme is a theme's name; "" chooses one that suits the terminal.
	Theme string
	// Background is what the environment says of the terminal's background.
	Background Background
	// Themes are the user's own themes.
	Themes []themes.Theme
	// Linear prints lines instead of drawing a screen.
	Linear bool
	// NoColor and ASCII say what the terminal cannot or should not show.
	NoColor, ASCII bool
	// Journal returns the journal of the opened store, nil if writes are not
	// recorded. It may be nil itself.
	Journal func() *journal.Journal
	// Elsewhere opens other stores, as targets of plans.
	Elsewhere Elsewhere
	// Drafts stores unsaved text; nil keeps none.
	Drafts *drafts.Store
	// Places keeps bookmarks, and what was open; nil keeps nothing.
	Places *places.Store
	// Fresh starts without what was open the last time, and Forget does not keep what
	// is open either.
	Fresh, Forget bool
	// Timeout limits each request that a key press makes.
	Timeout time.Duration
	// Close lets go of what belongs to the store, such as its journal, when the
	// store is closed before the program ends. It may be nil.
	Close func()
	// Card shows what to try first, until a key is pressed.
	Card bool
	// Note is shown at the start, such as where the embedded store listens.
	Note string

	// Job is the program as a shell's job; nil when no shell runs it.
	Job *job.Job
	// Environ is the environment of $EDITOR; nil for the program's own.
	Environ []string
}

// Elsewhere is how other stores are named and opened.
type Elsewhere struct {
	Profiles, Schemes []string
	// Open opens the store of a profile, or else of the address that name begins
	// with. last is added to a key that is missing or ends in a slash. Nil opens
	// none.
	Open func(ctx context.Context, profile, name, last string) (*transfer.Site, error)

	// Known are the profiles, in the order of their names.
	Known []Profile
	// Used returns when profiles were used last, as far as that is known. It may
	// be nil.
	Used func(profiles []string) map[string]time.Time
	// Explore returns what another store is explored with, which is named as on
	// the command line. ctx lasts as long as it is open. Nil opens none.
	Explore func(ctx context.Context, what string) (Options, error)
}
