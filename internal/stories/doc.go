// Package stories tests the built program in a real pseudo terminal, on each
// real store, with the store's own client writing beside it: what an operator
// does in one sitting, and a seeded monkey at the keys.
//
// It holds nothing but tests. What can be tested without a terminal is tested
// in the package that does it.
package stories
