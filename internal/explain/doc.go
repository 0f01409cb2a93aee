// Package explain puts an error into one paragraph: what failed, on which key
// and server, why, and what to do about it. The screen and standard error use
// the same words.
//
// Advice depends on the kind of an error, never on its text. Nothing here makes
// errors or acts on them.
package explain
