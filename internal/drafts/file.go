package drafts

import "kvist/internal/statefile"

// The number of hexadecimal digits of a file's name for the address and the
// key: names do not show what is in the store, and have no "/".
const (
	addressPart = 16
	keyPart     = 32
)

// nameOf returns the beginning of the names of all files for a key.
func nameOf(address, key string) string {
	return hash(plain(address))[:addressPart] + "-" + hash(key)[:keyPart]
}

func hash(s string) string { return statefile.Hash(s) }
