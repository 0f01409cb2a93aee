// Package cli is the command line of kvist: it finds the store that the
// arguments name, opens it, and runs the explorer or a command for scripts.
//
// Commands, their flags, help, output formats, completion and exit codes are
// here. What a command does to a store is package kv's work, how an address or
// a profile is read is package config's, and nothing here draws on a screen.
package cli
