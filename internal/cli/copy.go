package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"kvist/internal/config"
	"kvist/internal/printable"
	"kvist/internal/transfer"
	"kvist/kv"
)

// transferFlags are the flags of copy, move and import.
type transferFlags struct {
	dryRun, yes, json bool
	overwrite, skip   bool
	owned, partial    bool
	confirm           string
}

// register adds them to a command.
func (f *transferFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.dryRun, "dry-run", false, "only show the plan")
	flags.BoolVarP(&f.yes, "yes", "y", false, "carry out the plan without asking")
	flags.BoolVar(&f.json, "json", false, "the plan and its result as JSON, one object a line")
	flags.BoolVar(&f.skip, "skip", false, "leave keys that are at the target as they are (the default)")
	flags.BoolVar(&f.overwrite, "overwrite", false, "overwrite keys that are at the target and differ, each only at the version that the plan saw")
	flags.BoolVar(&f.owned, "owned", false, "also ephemeral keys and places in the queues of locks, as keys that stay")
	flags.BoolVar(&f.partial, "partial", false, "write the rest even if the target cannot hold some of the keys")
	flags.StringVar(&f.confirm, "confirm", "", "name of the protected profile, to change it without being asked")
}

// mode returns what to do about keys that are at the target.
func (f *transferFlags) mode() (transfer.Mode, error) {
	switch {
	case f.skip && f.overwrite:
		return transfer.Skip, usagef("--skip and --overwrite contradict each other; give one of them")
	case f.overwrite:
		return transfer.Replace, nil
	}
	return transfer.Skip, nil
}

// transferHelp is what copy, move and import have in common.
const transferHelp = `The plan is shown first: what is created, overwritten, left as it is and refused,
and what metadata the target cannot hold. Once agreed to, on the terminal or by
--yes, exactly that is written, each key only if it is still as planned, at both
ends. Keys that are at the target already are left as they are, unless they
differ and --overwrite is given. Ephemeral keys and places in the queues of locks
are left out, unless --owned is given. If the target cannot hold a key, nothing
is written, unless --partial is given. All of it is in the journal of each store
that was written to, and kvist undo takes it back.`

// copyKeys copies keys from one place to another.
func (p *Program) copyKeys(o *options) *cobra.Command {
	var f transferFlags
	cmd := &cobra.Command{
		Use:   "copy SOURCE TARGET",
		Short: "Copy a key and everything below it, within a store or to another one",
		Long: `Copy a key and everything below it to another key, within a store or to a store
of any kind. SOURCE and TARGET are addresses or profiles, with a key. A source
that ends in a slash is only what is below it, but in stores whose keys are
paths: etcd by the API v2, and ZooKeeper.

` + transferHelp,
		Example: `  kvist copy --dry-run prod/config/app prod/config/app2
  kvist copy prod/config consul://10.0.0.7:8500/config
  kvist copy --yes --overwrite prod/config staging/config`,
		Args:              usageArgs(cobra.ExactArgs(2)),
		ValidArgsFunction: p.completeTwo(o),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.bring(cmd.Context(), o, args, &f, false)
		},
	}
	f.register(cmd)
	return cmd
}

// moveKeys copies keys and deletes them where they were.
func (p *Program) moveKeys(o *options) *cobra.Command {
	var f transferFlags
	cmd := &cobra.Command{
		Use:   "move SOURCE TARGET",
		Short: "Move a key and everything below it, within a store or to another one",
		Long: `Copy a key and everything below it as kvist copy does, read it back, and then
delete at the source what the target has: each key only at the version that was
copied. A key that changed meanwhile stays, and is listed, with exit code 4. What
the plan leaves out of the copy stays too. Moved to another store, the copy and
the deletion are an entry each in the journals of the two.

` + transferHelp,
		Example: `  kvist move prod/config/app prod/config/old/app
  kvist move --yes etcd://10.0.0.1:2379/config zk://10.0.0.5:2181/config`,
		Args:              usageArgs(cobra.ExactArgs(2)),
		ValidArgsFunction: p.completeTwo(o),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.bring(cmd.Context(), o, args, &f, true)
		},
	}
	f.register(cmd)
	return cmd
}

// completeTwo completes two targets.
func (p *Program) completeTwo(o *options) completion {
	one := p.completeTarget(o, true)
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 1 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return one(cmd, nil, typed)
	}
}

// bring copies or moves.
func (p *Program) bring(ctx context.Context, o *options, args []string, f *transferFlags, move bool) error {
	mode, err := f.mode()
	if err != nil {
		return err
	}
	from, to, closeAll, err := p.openTwo(ctx, o, args[0], args[1])
	if err != nil {
		return err
	}
	defer closeAll()
	switch {
	case to.target.ReadOnly:
		return kv.Refused("write", to.target.key)
	case move && from.target.ReadOnly:
		return kv.Refused("delete", from.target.key)
	}
	source, target := from.place(), to.place()
	verb := "copy"
	if move {
		verb = "move"
	}
	same, err := sameStore(ctx, from, to)
	if err != nil {
		return err
	}
	if same {
		source.Title, target.Title = placeName(source.Prefix), placeName(target.Prefix)
	}
	plan, err := transfer.Make(ctx, transfer.FromStore(source), target, transfer.Options{
		Title: transfer.Title(verb, source.Title, target.Title), Mode: mode, Move: move, Owned: f.owned,
		Same: same, From: &source, Whole: true,
	})
	if err != nil {
		return from.target.outside(err)
	}
	guarded := []*site{to}
	if move && from.target.Profile != to.target.Profile {
		guarded = append(guarded, from)
	}
	return p.carryOut(ctx, plan, f, guarded)
}

// site is a store that is open.
type site struct {
	target *target
	store  kv.Store
	what   string // as it was given
}

// place returns the place that was named.
func (t *site) place() transfer.Place {
	return transfer.Place{Store: t.store, Prefix: t.target.key, Title: t.what}
}

// openTwo opens the stores that two arguments name; only one if they are one.
func (p *Program) openTwo(ctx context.Context, o *options, a, b string) (from, to *site, closeAll func(), err error) {
	from, err = p.openOne(ctx, o, a, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	if to, err = p.openOne(ctx, o, b, from); err != nil {
		from.close()
		return nil, nil, nil, err
	}
	return from, to, func() {
		if to.store != from.store {
			to.close()
		}
		from.close()
	}, nil
}

// openOne opens the store of an argument, unless other is the same one.
func (p *Program) openOne(ctx context.Context, o *options, what string, other *site) (*site, error) {
	t, err := p.keyTarget(ctx, o, []string{what}, false)
	if err != nil {
		return nil, err
	}
	if other != nil && t.sameAs(other.target) {
		t.stop()
		t.journal = other.target.journal
		t.place(other.store)
		return &site{t, other.store, what}, nil
	}
	store, err := t.openUntil(ctx)
	if err != nil {
		t.stop()
		return nil, err
	}
	t.place(store)
	return &site{t, store, what}, nil
}

func (t *site) close() {
	t.store.Close()
	t.target.stop()
}

// sameAs reports whether both are the same servers, reached in the same way.
func (t *target) sameAs(other *target) bool {
	if t.Address.Scheme == config.Embedded {
		return other.Address.Scheme == config.Embedded
	}
	return t.Address.Scheme == other.Address.Scheme && t.Profile == other.Profile && t.Address.User == other.Address.User &&
		slices.Equal(t.Address.Endpoints, other.Address.Endpoints)
}

// sameStore reports whether two targets are places of one store.
func sameStore(ctx context.Context, a, b *site) (bool, error) {
	if a.store == b.store {
		return true, nil
	}
	if kv.NatureOf(a.store).Name != kv.NatureOf(b.store).Name {
		return false, nil
	}
	one, err := kv.Identity(ctx, a.store)
	other, err2 := kv.Identity(ctx, b.store)
	if err := errors.Join(err, err2); err != nil {
		return false, err
	}
	if one != "" || other != "" {
		return one == other, nil
	}
	return slices.ContainsFunc(a.target.Address.Endpoints, func(e string) bool {
		return slices.Contains(b.target.Address.Endpoints, e)
	}), nil
}

// placeName names a place in its store.
func placeName(key string) string {
	if key == "" {
		return "the top of the store"
	}
	return printable.Name(key)
}
