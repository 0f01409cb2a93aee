// Package history puts together what is known of a key's former states: what
// the store still keeps, what the journal holds, and what this session's feed
// has seen. The explorer and the command `kvist history` show the same rows.
//
// It claims nothing that no source says: a state without a time has none, and
// where others may have written between two states, a row says so. It is pure
// data; its callers ask stores, journals and feeds.
package history
