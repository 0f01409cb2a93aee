// Package tree holds the keys as rows: which folders and keys the explorer
// shows as a tree, and on which row each of them is.
//
// It is pure data: the caller passes it the events of a store and asks it for
// the rows on the screen; no store and no terminal is known here, and nothing
// is drawn. With n keys an event costs O(log n), a frame O(rows shown), opening
// or closing everything O(log n), and every row number is exact. A key takes 80
// bytes, and more only when its last segment is longer than 20, none of which
// the garbage collector looks at.
//
// # Names
//
// A key is cut at each "/" and at nothing else, so that "/a", "a/" and "a//b"
// have segments that are empty, and every path joins back to the key it came
// from. A folder is named as a key is: the path of "a/b" as a folder is "a/b".
// A node may be a key, a folder, or both. Siblings are sorted by the bytes of
// their segments, so that "a/x" comes before "a-b".
//
// # Marks
//
// A key is marked alone, a folder with everything in it, now and in future. A
// mark ends with its key or its folder. How many keys are marked is counted as
// they change; that takes memory only where marks are.
//
// # Concurrency
//
// A Tree may be used by several goroutines at once: each method is done before
// another begins. Two calls in a row may see different trees. The iterators
// read a few hundred entries at a time and hold no lock while the caller looks
// at them, so that the loop may use and change the tree: what is added or
// removed behind the iterator's position is seen.
package tree
