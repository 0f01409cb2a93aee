// Package stories tests the built program in a real pseudo terminal, on each
// real store, with the store's own client writing beside it: what an operator
// does in one sitting, a seeded monkey at the keys, and a newcomer on a machine
// with nothing but Debian.
//
// It holds nothing but tests. What can be tested without a terminal is tested
// in the package that does it.
package stories
