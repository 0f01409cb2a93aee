// Package kvtest proves the backends of package kv: it starts real servers that
// end with the tests, and holds the conformance suite, a subtest for each
// promise of the contract.
//
// A test package that uses shared servers, the embedded etcd or the suite has
//
//	func TestMain(m *testing.M) { kvtest.Main(m) }
//
// What holds for every backend is tested here, through exported names of kv
// alone. What is special to one backend is tested beside it in package kv.
package kvtest
