// Package zkwatch knows what changes on a ZooKeeper: in single nodes, by watches that many share,
// and in whole subtrees, by one recursive watch or, on servers before 3.6, by as many watches
// that fire once as a budget allows.
//
// It lists and watches nodes, and hands them to a Sink. What a node is as a key, what a reader is
// told, and how an error reads, package kv decides. Connections belong to zkwire.
package zkwatch
