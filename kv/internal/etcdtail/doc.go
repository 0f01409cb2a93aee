// Package etcdtail follows a span of etcd's keys: it lists the span at one revision and watches it
// from the next, so that nothing is lost in between. After lost contact it goes on from the last
// revision that it saw, and lists again only if the server no longer has that history.
//
// It may hold what keeps a watch truthful. What listings and changes mean, a Sink says, which comes
// in from outside; so this package knows no feeds, no marks and none of package kv's errors.
package etcdtail
