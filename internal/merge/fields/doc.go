// Package fields merges JSON, YAML and TOML by their fields: changes of
// different fields go together, also on neighbouring lines and in one line. The
// text that comes out is mine, in its own order, layout and with its comments;
// only what theirs changed is put in.
//
// Nothing is guessed. Arrays are taken whole, and so is everything that is not
// a mapping in block style. If both sides changed the same field, or the result
// does not hold exactly what both made of it, the texts are merged by lines.
package fields
