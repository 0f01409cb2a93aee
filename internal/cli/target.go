package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"kvist/internal/config"
	"kvist/kv"
)

// target is a store that was decided on, with the embedded one started where
// it is that.
type target struct {
	config.Target
	hasKey   bool // a key was named, not only a store
	embedded Embedded
}

// keyTarget decides about a store and a key in it, in one argument or two.
func (p *Program) keyTarget(ctx context.Context, o *options, args []string) (*target, error) {
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
	return p.resolve(ctx, o, choice)
}

// oneKey is keyTarget for commands that are about exactly one key.
func (p *Program) oneKey(ctx context.Context, o *options, args []string) (*target, error) {
	t, err := p.keyTarget(ctx, o, args)
	if err == nil && !t.hasKey {
		t.stop()
		return nil, usagef("no key is named; write it behind the address or profile, as in prod/config/app")
	}
	return t, err
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

// resolve reads the secrets and starts the embedded store where it is meant.
func (p *Program) resolve(ctx context.Context, o *options, choice config.Choice) (*target, error) {
	resolved, err := choice.Resolve(ctx, o.Settings, p.Env)
	if err != nil {
		return nil, err
	}
	for _, warning := range resolved.Warnings {
		p.warn(warning)
	}
	t := &target{Target: resolved, hasKey: choice.HasKey}
	if t.Address.Scheme == config.Embedded {
		if t.embedded, err = p.Embed(ctx); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// open opens the store, guarded where it is only to be read.
func (t *target) open() (kv.Store, error) {
	opened := t.Target
	if t.embedded.Endpoint != "" {
		opened = opened.AtEndpoint(t.embedded.Endpoint)
	}
	store, err := config.Open(opened)
	if err != nil || !t.ReadOnly {
		return store, err
	}
	return kv.ReadOnly(store), nil
}

// openUntil is open, given up when ctx ends: a person who interrupts it is not
// made to wait for a server that does not answer. What it opens behind that
// ends with the program.
func (t *target) openUntil(ctx context.Context) (kv.Store, error) {
	type opening struct {
		store kv.Store
		err   error
	}
	opened := make(chan opening, 1)
	go func() {
		store, err := t.open()
		opened <- opening{store, err}
	}()
	select {
	case o := <-opened:
		return o.store, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// stop ends the embedded store, if this is it.
func (t *target) stop() {
	if t.embedded.Close != nil {
		t.embedded.Close()
	}
}

// key is the key or prefix that is meant.
func (t *target) key() string { return t.Address.Prefix }

// note is what is to be said at the start.
func (t *target) note() string {
	var notes []string
	if t.embedded.Endpoint != "" {
		notes = append(notes, "the embedded etcd listens at "+t.embedded.Endpoint)
	}
	return strings.Join(append(notes, t.Warnings...), "; ")
}

// work is what a command does with the store that is named, and a key or
// prefix in it.
type work = func(ctx context.Context, s kv.Store, t *target) error

// onKey runs a command that is about exactly one key.
func (p *Program) onKey(o *options, do work) func(*cobra.Command, []string) error {
	return use(func(ctx context.Context, args []string) (*target, error) { return p.oneKey(ctx, o, args) }, do)
}

// onPrefix runs a command that is about all below a key, or about the whole
// store.
func (p *Program) onPrefix(o *options, do work) func(*cobra.Command, []string) error {
	return use(func(ctx context.Context, args []string) (*target, error) { return p.keyTarget(ctx, o, args) }, do)
}

// use opens the store that find makes of a command's arguments, runs do on it
// and closes all again.
func use(find func(ctx context.Context, args []string) (*target, error), do work) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		t, err := find(cmd.Context(), args)
		if err != nil {
			return err
		}
		defer t.stop()
		store, err := t.openUntil(cmd.Context())
		if err != nil {
			return err
		}
		defer store.Close()
		return do(cmd.Context(), store, t)
	}
}
