package kv

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Open levels are read side by side: what the topmost one reports of a folder does not take away
// the keys that a level far below it reported before.
func TestConsulLevelsInAnyOrder(t *testing.T) {
	top, middle := &consulLevel{dir: "p/", folders: map[string]bool{}}, &consulLevel{dir: "p/x/"}
	bottom := &consulLevel{dir: "p/x/y/", keys: 1}
	c := &consulLevels{open: map[string]*consulLevel{top.dir: top, middle.dir: middle, bottom.dir: bottom}}
	folder := Event{Kind: FolderEvent, Key: "p/x", Size: -1}
	require.Empty(t, c.withoutOpenFolders(top, []Event{folder}), "the folder of a level that has keys")
	require.True(t, top.folders["p/x/"])
	bottom.keys = 0
	require.Len(t, c.withoutOpenFolders(top, []Event{folder}), 1, "nothing is known below it")
}
