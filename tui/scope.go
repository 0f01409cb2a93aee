package tui

import "kvist/kv"

// scopeMax is how many open folders a feed is asked to follow at most, where
// it follows open folders only: each is a request that the server holds.
const scopeMax = 1000

// rescope tells a feed that follows open folders only which ones are open,
// when that has changed.
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
