package cli

import (
	"context"

	"github.com/spf13/cobra"

	"kvist/kv"
)

// putFlags are the flags of put.
type putFlags struct {
	json, create bool
	file         string
	confirm      string
	cas          uint64
	hasCAS       bool
}

// put writes a value.
func (p *Program) put(o *options) *cobra.Command {
	var f putFlags
	cmd := &cobra.Command{
		Use:   "put TARGET/KEY | put TARGET KEY",
		Short: "Write a value, read from standard input or a file",
		Long: `Write a value, byte for byte, read from standard input or from --file. It never
stands on the command line, where others could read it. Without --cas and
--create it is written whatever is there. What a key has besides its value,
such as flags, lease and rights, stays.`,
		Args:              usageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: p.completeTarget(o, true),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.hasCAS = cmd.Flags().Changed("cas")
			if err := f.check(); err != nil {
				return err
			}
			t, err := p.oneKey(cmd.Context(), o, args)
			if err != nil {
				return err
			}
			return p.use(cmd.Context(), t, func(_ context.Context, s kv.Store) error {
				return p.write(s, t, f)
			})
		},
	}
	cmd.Flags().Uint64Var(&f.cas, "cas", 0, "write only if the key still has this index, as get --json tells it")
	cmd.Flags().BoolVar(&f.create, "create", false, "write only if the key is not there")
	cmd.Flags().StringVarP(&f.file, "file", "f", "", "file to read the value from; - is standard input")
	cmd.Flags().StringVar(&f.confirm, "confirm", "", "name of the profile, which a protected one asks for")
	cmd.Flags().BoolVar(&f.json, "json", false, "print a JSON object with the key, its size and where known its new index")
	return cmd
}

// check finds flags that cannot be meant together.
func (f putFlags) check() error {
	switch {
	case f.hasCAS && f.create:
		return usagef("--cas is for a key that is there and --create for one that is not; give one of them")
	case f.hasCAS:
		return checkCAS(f.cas)
	}
	return nil
}

// checkCAS refuses the indexes that no key ever has.
func checkCAS(index uint64) error {
	if index == 0 || index == ^uint64(0) {
		return usagef("--cas %d matches no key; take the index from get --json, or --create for a new key", index)
	}
	return nil
}

// write reads the value and writes it.
func (p *Program) write(s kv.Store, t *target, f putFlags) error {
	key := t.key()
	if t.ReadOnly {
		return s.Put(key, nil, nil) // the guard's refusal, before anybody types a value
	}
	if err := p.confirmProtected(t, f.confirm); err != nil {
		return err
	}
	value, err := p.readValue(f.file, key)
	if err != nil {
		return err
	}
	if limits, ok := kv.As[kv.Limits](s); ok {
		if err := limits.CheckWrite(key, value); err != nil {
			return err
		}
	}
	r := newRecord(key).size(len(value))
	if r.Index, err = f.store(s, key, value); err != nil || !f.json {
		return err
	}
	w := p.printer(true)
	if err := w.object(r); err != nil {
		return err
	}
	return w.Flush()
}

// store writes the value in the way the flags say and returns its new index, 0
// where it is not known.
func (f putFlags) store(s kv.Store, key string, value []byte) (uint64, error) {
	if !f.hasCAS && !f.create {
		return 0, s.Put(key, value, nil)
	}
	var previous *kv.KVPair
	if f.hasCAS {
		previous = &kv.KVPair{Key: key, LastIndex: f.cas}
	}
	_, pair, err := s.AtomicPut(key, value, previous, nil)
	if err != nil || pair == nil {
		return 0, err
	}
	return pair.LastIndex, nil
}
