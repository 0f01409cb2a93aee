// Package drafts keeps what an operator typed and has not saved yet in files,
// so that neither a crash nor a lost connection loses it.
//
// The file format, the store of drafts and the queue that writes them are here.
// When a draft is kept, shown or discarded is decided by the screen.
package drafts
