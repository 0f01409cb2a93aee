// Package settings reads a user's TOML file as a flat list of settings, each
// with its line, so that an error can name the place.
//
// It knows the syntax only. What a setting means, and which exist, is known to
// the packages that take them: config, keymap and themes.
package settings
