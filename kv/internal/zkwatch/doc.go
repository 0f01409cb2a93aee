// Package zkwatch knows what changes on a ZooKeeper: in single nodes, by watches that many share,
// and in whole subtrees, by one recursive watch or, on servers before 3.6, by as many watches
// that fire once as a budget allows.
//
// It lists and watches nodes, and hands them to a Sink. Package kv decides what a node is as a key,
// what a reader learns, and how an error reads. Connections belong to zkwire.
package zkwatch
