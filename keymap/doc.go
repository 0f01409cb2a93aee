// Package keymap is the table of what each key does. The program looks keys up
// in it, help, bottom line, palette and docs/keys.md are made from it, and a user's
// TOML file may change it.
//
// A pressed key becomes an [Action] before any surface sees it. Which action
// depends on the scopes of the top surface, innermost first, as [Stack] lists
// them: a surface that takes text (the editor, a prompt) does not see the
// scopes whose keys are letters.
//
// It is pure data: what an action does is known to package tui. No terminal and
// no store is known here.
package keymap
