package tui

import (
	"context"
	"time"

	"kvist/internal/drafts"
	"kvist/internal/job"
	"kvist/keymap"
	"kvist/kv"
	"kvist/themes"
)

// Options are what the explorer is started with.
type Options struct {
	// Open opens the store; it is called once, before the screen is taken.
	Open func(ctx context.Context) (kv.Store, error)
	// Address is shown, and names the drafts; it holds no secret.
	Address string
	// Profile is the profile's name; "" for a bare address.
	Profile string
	// Prefix is what is explored; "" is the whole store. NewModel makes of it
	// what every key below it begins with.
	Prefix string
	// Place, where it is not nil, gives Prefix and Address in the terms of the
	// opened store, so that one directory has one name however it was written.
	Place func(s kv.Store) (prefix, address string)
	// ReadOnly says that the store refuses to be written, which the screen
	// shows. The store itself enforces it.
	ReadOnly bool
	// Unverified says that the server's certificate is not verified, which the
	// screen shows.
	Unverified bool
	// Protected asks for the profile's name before the first write.
	Protected bool
	// ConfirmCount is how many keys a plan may have that is agreed to by one
	// key; of more, the number is typed. Nil is 1000.
	ConfirmCount *int
	// Keymap is nil for the default one.
	Keymap *keymap.Keymap
	// Theme is a theme's name; "" for one that suits the terminal.
	Theme string
	// Background is what the environment tells of the terminal's background.
	Background Background
	// Themes are the user's own.
	Themes []themes.Theme
	// NoColor and ASCII say what the terminal cannot or shall not show.
	NoColor, ASCII bool
	// Drafts keeps what was typed and not saved; nil keeps nothing.
	Drafts *drafts.Store
	// Timeout bounds each request that a key press makes.
	Timeout time.Duration
	// Note is said at the start, such as where the embedded store listens.
	Note string

	// Job is what the shell runs; nil for a program that no shell does.
	Job *job.Job
	// Environ is the environment of $EDITOR; nil for the program's own.
	Environ []string

	idles bool // the terminal that is drawn on knows how to rest
}
