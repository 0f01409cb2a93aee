// Package etcdlist reads ranges of etcd's keys so that neither side has to hold or count more of
// them than it can bear: as streams where the server has them (3.7), else in ranges that are cut so
// that each holds few keys.
//
// It may hold what concerns ranges, revisions and how keys are spread. It knows no marks, locks or
// folders of the explorer, and none of package kv's errors. A client and callbacks come in from
// outside, so the tests need no server.
package etcdlist
