// Package pacing decides when a query that a server answers from scratch each time may be asked
// again, and how long it may wait for a change, so that a feed takes a small share of the
// server's time.
//
// It only knows how long answers took and how many keys were in them: no store, no request.
package pacing
