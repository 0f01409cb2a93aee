// Package scratch provides private directories for data that must not outlive
// the program: values handed to an editor, the data and the socket of the
// embedded etcd. The next program removes what a killed one left behind.
//
// Files that are meant to last, such as settings and drafts, are not kept here.
package scratch
