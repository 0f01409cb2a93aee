// Package recent keeps what was read last, within bounds: the values that a
// change may replace, where the store itself keeps no history.
//
// It is a cache without a clock, a loader or a lock. Its callers decide what to
// keep.
package recent
