package tui

import (
	"fmt"

	"kvist/kv"
)

// scopeMax limits how many open folders a partial feed follows: each is a request
// that the server holds.
const scopeMax = 1000

// rescope tells a partial feed which folders are open, when that has changed.
func (m *Model) rescope() {
	f := &m.feed
	if !f.partial || f.scoped == m.tree.folds {
		return
	}
	f.scoped = m.tree.folds
	if s, ok := f.feed.(kv.Scoped); ok {
		s.Scope(m.tree.tree.OpenFolders(scopeMax))
	}
}

// beyondMemory says why only open folders are followed, and what helps.
func beyondMemory(b kv.Batch) string {
	keys := "the keys take"
	if b.Total > 0 {
		keys = plural(b.Total, "key") + " take"
	}
	return fmt.Sprintf("%s more than %s of memory: only open folders are followed; a larger --memory, or memory in the profile, follows all",
		keys, kv.Bytes(b.Memory))
}
