// Package kvtest proves the backends of package kv: it starts real servers that
// end with the tests, and holds the conformance suite, a subtest for each
// promise of the contract.
//
// A test package that uses shared servers, the embedded etcd or the suite has
//
//	func TestMain(m *testing.M) { kvtest.Main(m) }
//
// The tests here hold for every backend and use exported names of kv alone.
// Tests of one backend are beside it in package kv.
package kvtest
