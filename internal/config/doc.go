// Package config finds out how to reach a store: it reads addresses, profiles,
// settings from a file, flags, the environment of the native clients, and
// secrets, which are never passed on a command line. Open opens the store.
//
// The table of backends, with their schemes and variables, is here. Requests to
// a store are not, and nothing here prints or asks.
package config
