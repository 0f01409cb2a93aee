// Package zkclient runs sessions of ZooKeeper's client library: it ends a request with its
// context, checks what servers answer, begins anew where servers lost their history, and knows
// when a session must be taken to have ended.
//
// Whatever needs the library's own requests, such as transactions and ephemeral nodes, goes over
// such a session. Reading many nodes and recursive watches belong to zkwire. Keys, kinds of
// errors and what a write means belong to package kv.
package zkclient
