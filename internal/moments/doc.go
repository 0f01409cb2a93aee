// Package moments knows which revision a store had at which time, as far as
// this program saw it, and reads how people name a moment: "1234", "5m ago",
// "14:05".
//
// A store that keeps history knows revisions, not times. So a Log notes when
// each revision arrived, within bounds, and never makes up what it did not see:
// before its first note, and while contact was lost, it says so. The store, the
// screen and the server's answers do not belong here.
package moments
