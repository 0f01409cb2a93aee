package cli

import (
	"errors"
	"math"
	"strconv"

	"github.com/spf13/cobra"

	"kvist/kv"
)

// condition holds the flags that a write depends on.
type condition struct {
	cas     index
	confirm string
}

// register adds the flags; does is what the command does with a key.
func (c *condition) register(cmd *cobra.Command, does string) {
	cmd.Flags().Var(&c.cas, "cas", does+" only if the key still has this `index`, as printed by get --json")
	cmd.Flags().StringVar(&c.confirm, "confirm", "", "name of the profile, which a protected one asks for")
}

// previous returns the state of the key that the write depends on; nil without
// --cas, which the store takes as a key that does not exist.
func (c *condition) previous(key string) *kv.KVPair {
	if c.cas == 0 {
		return nil
	}
	return &kv.KVPair{Key: key, LastIndex: uint64(c.cas)}
}

// index is a flag that holds a key's LastIndex; 0 if it is not given.
type index uint64

// Set implements pflag.Value. It refuses the indexes that no key ever has, and
// that mean something else to some servers.
func (i *index) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 || n == math.MaxUint64 {
		return errors.New("no key has this index; take it from get --json")
	}
	*i = index(n)
	return nil
}

// String implements pflag.Value.
func (i *index) String() string {
	if *i == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(*i), 10)
}

// Type implements pflag.Value.
func (i *index) Type() string { return "index" }
