// Package tui is the explorer on the screen: a Bubble Tea model that shows a
// store's keys as a live prefix tree, with panes beside it and dialogs for what
// needs an answer.
//
// Facts come down one road: the feed's batches go into the tree, and the panes
// draw it. Wishes go up the other: a key becomes an action, the action a
// command, and the command's result applies itself to the model. Update and
// View never touch the store.
//
// Surfaces (the tree, panes, dialogs, the editor), their drawing and the
// commands that call the store are here. Data that can be understood without a
// screen is kept in packages of its own: the tree, the text that is edited,
// queries, the record of changes, drafts, differences. Looks come from package
// themes, keys from package keymap, and no client library is imported.
package tui
