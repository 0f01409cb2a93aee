package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"kvist/kv"
)

// revision is the flag --rev; 0 is the newest one.
type revision uint64

// String implements pflag.Value.
func (r *revision) String() string { return strconv.FormatUint(uint64(*r), 10) }

// Type implements pflag.Value.
func (r *revision) Type() string { return "revision" }

// Set implements pflag.Value.
func (r *revision) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 {
		return errors.New("a revision is a whole number, from 1 on")
	}
	*r = revision(n)
	return nil
}

// register adds the flag to a command.
func (r *revision) register(cmd *cobra.Command) {
	cmd.Flags().Var(r, "rev", "as it was at this revision of etcd v3, which keeps them until it compacts them")
}

// at makes a command read the store as it was at the revision, if one is asked
// for.
func (r *revision) at(do work) work {
	return func(ctx context.Context, s kv.Store, t *target) error {
		if *r == 0 {
			return do(ctx, s, t)
		}
		historian, ok := kv.As[kv.Historian](s)
		if !ok {
			return usagef("only etcd v3 keeps former states: --rev does not work on %s", t.Address.Scheme)
		}
		past, err := historian.At(ctx, uint64(*r))
		if err != nil {
			return err
		}
		defer past.Close()
		if err = do(ctx, past, t); errors.Is(err, kv.ErrKeyNotFound) {
			return &hintedError{err, fmt.Sprintf("It was not there at revision %d; kvist history shows when it was.", *r)}
		}
		return err
	}
}
