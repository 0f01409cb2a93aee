// Package wait holds what every backend does while it waits: the pause before a lost server is
// tried again, contexts that end for two reasons, and channels that hold one element.
//
// It knows no store and no server, and imports nothing of this module. Anything that looks into
// an answer belongs elsewhere.
package wait
