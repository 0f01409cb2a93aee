package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kvist/internal/config"
	"kvist/internal/journal"
	"kvist/internal/printable"
	"kvist/kv"
)

// target is a store that was chosen; the embedded one is started if it is that.
type target struct {
	config.Target
	hasKey   bool // a key was named, not only a store
	embedded Embedded
	// What the opened store makes of the name: root is the prefix of every key
	// of the profile, "" for a bare address; key is the key or prefix that is
	// meant, in full.
	root, key string

	masked  func(key string) bool // whether the screen shows no value of a key; nil before the store is open
	journal *journal.Journal      // nil where nothing is recorded
	scratch func()                // removes the directory of the embedded store's journal; nil for all others
}

// place finds what the name means in the opened store.
func (t *target) place(s kv.Store) {
	t.root = kv.Dir(s, t.Root)
	t.key = kv.KeyIn(s, t.root, t.Name)
}

// keyTarget chooses a store and a key or prefix in it, from one argument or
// two. withKey demands a key.
func (p *Program) keyTarget(ctx context.Context, o *options, args []string, withKey bool) (*target, error) {
	_, choice, err := p.choose(o, args[0])
	if err != nil {
		return nil, err
	}
	if len(args) == 2 {
		if choice.HasKey {
			return nil, usagef("there are two keys, one in the first argument and one behind it; give one of them")
		}
		choice.Key, choice.HasKey = args[1], args[1] != ""
	}
	if withKey && !choice.HasKey {
		return nil, errNoKey()
	}
	return p.resolve(ctx, o, choice)
}

// choose reads the settings and finds what is named in them.
func (p *Program) choose(o *options, what string) (*config.File, config.Choice, error) {
	settings, err := config.Load(config.Path(o.config, p.Env))
	if err != nil {
		return nil, config.Choice{}, err
	}
	choice, err := settings.Choose(what)
	return settings, choice, err
}

// resolve reads the secrets and starts the embedded store if it is meant.
func (p *Program) resolve(ctx context.Context, o *options, choice config.Choice) (*target, error) {
	t, err := p.resolveQuietly(ctx, o, choice)
	if err != nil {
		return nil, err
	}
	for _, warning := range t.Warnings {
		p.warn(warning)
	}
	return t, nil
}

// resolveQuietly is resolve for when the terminal is in use: it says nothing.
func (p *Program) resolveQuietly(ctx context.Context, o *options, choice config.Choice) (*target, error) {
	resolved, err := choice.Resolve(ctx, o.Settings, p.Env)
	if err != nil {
		return nil, err
	}
	t := &target{Target: resolved, hasKey: choice.HasKey}
	if t.Address.Scheme == config.Embedded {
		if t.embedded, err = p.Embed(ctx); err != nil {
			return nil, err
		}
		t.Mask = slices.Concat(t.Mask, t.embedded.Mask)
		t.Journal.Hide = slices.Concat(t.Journal.Hide, t.embedded.Mask)
	}
	return t, nil
}

// open opens the store, with a guard if it is read-only, else with a journal.
func (t *target) open(ctx context.Context) (kv.Store, error) {
	opened := t.Target
	if t.embedded.Endpoint != "" {
		opened = opened.AtEndpoint(t.embedded.Endpoint)
	}
	store, err := config.Open(opened)
	if err != nil {
		return nil, err
	}
	recorded, err := t.record(ctx, store)
	if err != nil {
		store.Close()
		return nil, err
	}
	if t.ReadOnly {
		return kv.ReadOnly(recorded), nil
	}
	return recorded, nil
}

// openUntil is open, given up when ctx ends: a user who interrupts it does not
// wait for a server that does not answer. A store that opens later ends with
// the program.
func (t *target) openUntil(ctx context.Context) (kv.Store, error) {
	type opening struct {
		store kv.Store
		err   error
	}
	opened := make(chan opening, 1)
	go func() {
		store, err := t.open(ctx)
		opened <- opening{store, err}
	}()
	select {
	case o := <-opened:
		return o.store, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// stop ends the journal, and the embedded store, if this is it.
func (t *target) stop() {
	t.closeJournal()
	if t.embedded.Close != nil {
		t.embedded.Close()
	}
}

// note returns the message for the start, with also appended if it is not
// empty.
func (t *target) note(also string) string {
	var notes []string
	if also != "" {
		notes = append(notes, also)
	}
	if t.embedded.Endpoint != "" {
		notes = append(notes, "the embedded etcd listens at "+t.embedded.Endpoint)
	}
	return strings.Join(append(notes, t.Warnings...), "; ")
}

// work is what a command does with the store and a key or prefix in it.
type work = func(ctx context.Context, s kv.Store, t *target) error

// onKey runs a command about exactly one key.
func (p *Program) onKey(o *options, do work) func(*cobra.Command, []string) error {
	return p.use(o, func(ctx context.Context, s kv.Store, t *target) error {
		if kv.Dir(s, t.key) == t.root { // such as "/", which names as little as nothing does
			return errNoKey()
		}
		return do(ctx, s, t)
	}, true)
}

// onPrefix runs a command about everything below a key, or about the whole
// store or profile.
func (p *Program) onPrefix(o *options, do work) func(*cobra.Command, []string) error {
	return p.use(o, do, false)
}

// use opens the store that a command's arguments name, runs do on it and closes
// everything again.
func (p *Program) use(o *options, do work, oneKey bool) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		t, err := p.keyTarget(ctx, o, args, oneKey)
		if err != nil {
			return err
		}
		defer t.stop()
		store, err := t.openUntil(ctx)
		if err != nil {
			return err
		}
		defer store.Close()
		t.place(store)
		return t.outside(do(ctx, store, t))
	}
}

// errNoKey is the error for a command about one key without one.
func errNoKey() error {
	return usagef("no key is named; write it behind the address or profile, as in prod/config/app")
}

// outside adds a hint to err if a key was not found because it was written with
// the profile's own prefix.
func (t *target) outside(err error) error {
	if hint := t.doublePrefix(); hint != "" && errors.Is(err, kv.ErrKeyNotFound) {
		return &hintedError{err, hint}
	}
	return err
}

// doublePrefix returns a question about a name that begins with the profile's
// own prefix, which is added anyway; "" for any other name.
func (t *target) doublePrefix() string {
	rest, ok := strings.CutPrefix(t.Name, strings.Trim(t.Root, "/")+"/")
	if !ok || t.root == "" {
		return ""
	}
	return fmt.Sprintf("The profile %s opens %s: did you mean %s/%s?",
		t.Profile, printable.String(t.root), t.Profile, printable.String(config.EncodeKey(rest, "")))
}

// hintedError is an error with a hint after it about what was likely meant.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }
