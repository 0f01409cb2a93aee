package cli

import (
	"context"
	"fmt"
	"strings"

	"kvist/internal/config"
	"kvist/internal/journal"
	"kvist/internal/scratch"
	"kvist/kv"
)

// record puts a journal in front of an opened store, unless it is switched
// off.
func (t *target) record(ctx context.Context, store kv.Store) (kv.Store, error) {
	j, err := t.journalOf(ctx, store)
	if err != nil {
		return nil, err
	}
	t.journal, t.masked = j, journal.HideBelow(t.below(store, t.Mask)...)
	if t.Journal.Mode == config.JournalOff {
		return store, nil
	}
	recorder := &journal.Recorder{Journal: j, Hide: journal.HideBelow(t.below(store, t.Journal.Hide)...)}
	if t.Journal.Mode == config.JournalKeys {
		recorder.Hide = func(string) bool { return true }
	}
	return kv.Recorded(store, recorder), nil
}

// below returns what the keys begin with whose values are hidden below prefixes. They
// count from the profile's prefix, as all keys of the profile do, and from the store's
// root too: a secret that is hidden once too often does no harm.
func (t *target) below(store kv.Store, hidden []string) []string {
	var prefixes []string
	root := kv.Dir(store, t.Root)
	for _, prefix := range hidden {
		prefixes = append(prefixes, prefix, kv.KeyIn(store, root, prefix), kv.KeyIn(store, "", prefix))
	}
	return prefixes
}

// journalOf returns the journal of an opened store. That of the embedded one
// ends with it.
func (t *target) journalOf(ctx context.Context, store kv.Store) (*journal.Journal, error) {
	id, err := kv.Identity(ctx, store)
	if err != nil {
		return nil, fmt.Errorf("it cannot be found out which store this is, so that its journal cannot be found: %w", err)
	}
	root := journal.Dir()
	if t.Address.Scheme == config.Embedded {
		if root, t.scratch, err = scratch.Dir("journal"); err != nil {
			return nil, err
		}
	}
	of := journal.Store{Backend: backendOf(store), ID: id, Addresses: t.Address.Endpoints}
	return journal.New(root, of, journal.Options{Age: t.Journal.Age, Size: int64(t.Journal.Size)}), nil
}

// backendOf returns the kind of a store, whatever scheme its address has: an
// etcd:// may be the v2 or the v3 API.
func backendOf(store kv.Store) string {
	name := fmt.Sprintf("%T", store)
	return strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
}

// closeJournal ends the journal, once the store is closed.
func (t *target) closeJournal() {
	if t.journal != nil {
		_ = t.journal.Close() // its records are on the disk; what has no end is looked after by the next kvist
	}
	if t.scratch != nil {
		t.scratch()
	}
}
