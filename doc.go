// Command kvist is a terminal explorer for the key/value stores of clusters.
//
// This package wires the program: it connects the command line, the explorer,
// the embedded store, drafts and signals. Logic does not belong here; each part
// has a package of its own.
package main
