// Package etcdlocks finds locks in etcd. A lock there is a convention about names, values and
// leases, and this package knows the conventions: those of etcdctl, of the concurrency package, of
// Vitess, of Patroni, of python-etcd3, and the queues that kvist's own locks stand in.
//
// It may hold how such keys are called and found. How a lock is shown, taken or broken is the
// store's part; the package knows none of package kv's types or errors.
package etcdlocks
