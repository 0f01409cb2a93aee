// Package etcdpast finds former states of etcd's keys: how far back the history goes, what a key
// was before, and when something in a span changed. The index of etcd leads from a revision of a
// key to the one before it as long as the key was not deleted in between; what lies beyond a
// deletion only a replay of all revisions shows.
//
// It may hold what walks through revisions and what that costs the servers. It knows neither feeds
// nor package kv's errors. A client comes in from outside, so the tests need no server.
package etcdpast
