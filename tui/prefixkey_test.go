package tui

import (
	"strings"
	"testing"

	"kvist/kv"
)

// keyAndFolder is a store with a key that is also a folder.
type keyAndFolder struct{ *scripted }

func (s keyAndFolder) Get(key string) (*kv.KVPair, error) {
	if strings.HasSuffix(key, "/") {
		return nil, kv.ErrKeyNotFound
	}
	return s.scripted.Get(key)
}

// A folder whose contents are unknown, as only open folders are followed, stays
// when the opened prefix is also a key.
func TestFoldersOfWhichNothingIsKnownAreNotNone(t *testing.T) {
	store := keyAndFolder{newScripted()}
	d := drive(t, store, Options{Prefix: "app"}, 120, 24)
	store.batches <- kv.Batch{
		State: kv.Live, Begin: true, Synced: true, Partial: true,
		Events: []kv.Event{{Kind: kv.FolderEvent, Key: "app/large"}},
	}
	d.sees("app is a key too", "Keys in app/", "large/")
}
