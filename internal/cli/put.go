package cli

import (
	"bytes"
	"context"

	"github.com/spf13/cobra"

	"kvist/internal/undo"
	"kvist/kv"
)

// putFlags are the flags of put.
type putFlags struct {
	json, create bool
	file         string
	condition
}

// put writes a value.
func (p *Program) put(o *options) *cobra.Command {
	var f putFlags
	cmd := &cobra.Command{
		Use:   "put TARGET/KEY | put TARGET KEY",
		Short: "Write a value, read from standard input or a file",
		Long: `Write a value, byte for byte, read from standard input or from --file. Values
are never passed on the command line, where others could read them. Without
--cas or --create the key is overwritten. What it has besides its value, such as
flags, lease and ACL, is kept. --json prints the new index.`,
		Example: `  kvist put prod/config/web/limits.json < limits.json
  kvist put --file limits.json prod/config/web/limits.json
  kvist put --create etcd://127.0.0.1:2379/config/new < value
  kvist put --cas 1234 prod/config/web/limits.json < limits.json`,
		Args:              usageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: p.completeTarget(o, true),
		PreRunE:           func(*cobra.Command, []string) error { return f.check() },
		RunE: p.onKey(o, func(_ context.Context, s kv.Store, t *target) error {
			return p.write(s, t, f)
		}),
	}
	f.register(cmd, "write")
	cmd.Flags().BoolVar(&f.create, "create", false, "write only if the key does not exist")
	cmd.Flags().StringVarP(&f.file, "file", "f", "", "file to read the value from; - is standard input")
	cmd.Flags().BoolVar(&f.json, "json", false, "print a JSON object with the key, its size and its new index")
	return cmd
}

// check finds flags that contradict each other.
func (f putFlags) check() error {
	if f.cas != 0 && f.create {
		return usagef("--cas is for a key that is there and --create for one that is not; give one of them")
	}
	return nil
}

// write reads the value and writes it.
func (p *Program) write(s kv.Store, t *target, f putFlags) error {
	key := t.key
	if t.ReadOnly {
		return kv.Refused("put", key) // before anybody types a value
	}
	p.warnLoss(f.loss(s, key))
	if err := p.confirmProtected(t, f.confirm); err != nil {
		return err
	}
	if hint := t.doublePrefix(); hint != "" {
		p.warn("writing " + key + ". " + hint)
	}
	value, err := p.readValue(f.file, key)
	if err != nil {
		return err
	}
	if limits, ok := kv.As[kv.WriteChecker](s); ok {
		if err := limits.CheckWrite(key, value); err != nil {
			return err
		}
	}
	if why := kv.WhyHidden(s, t.root, key); why != "" {
		p.warn(key + " will not be listed: " + why)
	}
	w := p.printer(t, true)
	r := w.record(key).size(len(value))
	if r.Index, err = f.store(s, key, value); err != nil || !f.json {
		return err
	}
	if err := w.object(r); err != nil {
		return err
	}
	return w.Flush()
}

// loss returns whether a value is overwritten that cannot be put back. A key that is created
// goes again.
func (f putFlags) loss(s kv.Store, key string) undo.Loss {
	l := lossOf(s, key)
	if l.Keys() == 0 || f.create {
		return undo.Loss{}
	}
	if there, err := s.Exists(key); err == nil && !there {
		return undo.Loss{}
	}
	return l
}

// indexOf returns the index of a key that was just written; 0 if it was changed
// again meanwhile, or cannot be read.
func indexOf(s kv.Store, key string, value []byte) uint64 {
	pair, err := s.Get(key)
	if err != nil || !bytes.Equal(pair.Value, value) {
		return 0
	}
	return pair.LastIndex
}

// store writes the value as the flags say and returns its new index, 0 if that
// is unknown.
func (f putFlags) store(s kv.Store, key string, value []byte) (uint64, error) {
	if f.cas == 0 && !f.create {
		if err := s.Put(key, value, nil); err != nil || !f.json {
			return 0, err
		}
		return indexOf(s, key, value), nil
	}
	_, pair, err := s.AtomicPut(key, value, f.previous(key), nil)
	if err != nil || pair == nil {
		return 0, err
	}
	return pair.LastIndex, nil
}
