package tui

import (
	"strings"
	"testing"

	"kvist/kv"
)

// keyAndFolder is a store with a key that is a folder too.
type keyAndFolder struct{ *scripted }

func (s keyAndFolder) Get(key string) (*kv.KVPair, error) {
	if strings.HasSuffix(key, "/") {
		return nil, kv.ErrKeyNotFound
	}
	return s.scripted.Get(key)
}

// TestFoldersOfWhichNothingIsKnownAreNotNone opens a folder that is a key too,
// and so large that only the names of the folders in it are known: they stay.
func TestFoldersOfWhichNothingIsKnownAreNotNone(t *testing.T) {
	store := keyAndFolder{newScripted()}
	d := drive(t, store, Options{Prefix: "app"}, 120, 24)
	store.batches <- kv.Batch{
		State: kv.Live, Begin: true, Synced: true, Partial: true,
		Events: []kv.Event{{Kind: kv.FolderEvent, Key: "app/large"}},
	}
	d.sees("app is a key too", "Keys in app/", "large/")
}
