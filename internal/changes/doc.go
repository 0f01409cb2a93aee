// Package changes decides what of a feed is a change: an event and what was
// known of its key before make a line of a list, and what a batch says of itself
// makes a note of what the lines around it are worth.
//
// Recorder has the rules. Its two readers are the screen, which knows the keys
// as a tree and keeps the latest changes in a Log, and `kvist watch`, which
// knows them as a table (Known) and prints each change. Nothing here draws,
// prints or asks a store, and every test does without a server.
package changes
