// Package etcdclient is the client of etcd's v3 API as the store needs it. It wraps clientv3, whose
// calls wait for a server without a word: here a request fails after a time, a long one as soon as
// contact is lost, and an expired login is renewed.
//
// It holds connections, logins, bounds and the meaning of the client's errors. It knows no keys, no
// listings and none of package kv's errors.
package etcdclient
