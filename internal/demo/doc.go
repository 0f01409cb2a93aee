// Package demo is the embedded store: a real etcd in this process with a small
// lifelike cluster, whose clients register services, move jobs, hold locks and
// edit configuration. The whole explorer can be tried without any server.
//
// The data and the clients' behaviour are here. The explorer must not know of
// this package: it opens the store as any other etcd.
package demo
