// Package doctor finds out why a store cannot be used, or that it can: a chain
// of checks from the name of a server to the rights on a prefix, each with what
// was found and what to do about it. No check writes anything: the right to
// write is tried with a compare-and-swap that cannot hold.
//
// It decides nothing about addresses and secrets (config does) and prints
// nothing (cli does).
package doctor
