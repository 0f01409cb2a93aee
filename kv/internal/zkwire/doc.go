// Package zkwire speaks ZooKeeper's protocol: sessions of its own over one connection, many
// requests under way at a time, walks over whole subtrees, recursive watches, and the
// four-letter words.
//
// It is here since the client library has no persistent recursive watches (ZooKeeper 3.6,
// ZOOKEEPER-1416), does not say which session timeout was granted, and takes a system call, a
// round of reflection and three turns of goroutines for each request. It speaks just enough of
// zookeeper.jute, of the server's source.
//
// It knows nodes, sessions and watches. Keys, pairs, feeds and kinds of errors belong to package
// kv, sessions of the client library to zkclient, and what is done about events to zkwatch.
package zkwire
