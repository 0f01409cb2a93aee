// Package format finds out what a value is by parsing it, and prepares it for
// being shown and edited.
//
// Values are hostile: every parser is guarded against panics, depth and size,
// and no result holds a control character. Nothing here draws, and nothing
// depends on the store that a value came from.
package format
