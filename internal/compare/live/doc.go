// Package live keeps the differences of two sets of keys up to date while both
// change.
//
// Both sides are trees that their owner fills. A first pass joins them, a portion
// at a time; from then on only those keys are compared again that the owner says
// have changed. The result is a tree as well, of the keys that differ, with the
// kind of each as its flags, and counts for its folders. Two trees are read and
// one is written: nothing is kept for a key that is the same on both sides.
//
// A [Comparison] belongs to one goroutine. Reading happens in [Work.Run], which
// another goroutine may call.
package live
