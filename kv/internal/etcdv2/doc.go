// Package etcdv2 speaks the v2 API of etcd to the members of one cluster. Requests move on to
// another member where that is safe, answers are bounded and checked, listings are read while
// they arrive, and watches and in-order queues survive lost contact.
//
// It knows paths, nodes and the store's index. Keys, pairs, feeds, and the kinds of errors belong
// to package kv, which alone imports this one. Nothing here needs a server in a test.
package etcdv2
