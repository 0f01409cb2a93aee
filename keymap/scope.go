package keymap

// Scope is where a binding holds. Its value is the name of its table under
// [keys] in a user's file.
type Scope string

// The scopes.
const (
	ScopeAlways   Scope = "always"   // everywhere, also while text is typed
	ScopeGlobal   Scope = "global"   // in every pane
	ScopeMove     Scope = "move"     // in every surface that has lines and takes no text
	ScopeKey      Scope = "key"      // in every pane whose rows are keys
	ScopeTree     Scope = "tree"     // the prefix tree
	ScopeValue    Scope = "value"    // the value pane
	ScopeLocks    Scope = "locks"    // the lock list
	ScopeChanges  Scope = "changes"  // the changes
	ScopeDiff     Scope = "diff"     // what one of the changes did
	ScopeSearch   Scope = "search"   // what a search of values found
	ScopeJournal  Scope = "journal"  // what kvist wrote
	ScopeHistory  Scope = "history"  // the former states of a key
	ScopeCompare  Scope = "compare"  // how two places differ
	ScopeText     Scope = "text"     // wherever text is typed: the editor, prompts, palettes
	ScopeEditor   Scope = "editor"   // the inline editor
	ScopePrompt   Scope = "prompt"   // one line of text: a find, a name
	ScopePalette  Scope = "palette"  // a line of text over a list: commands, themes
	ScopeConflict Scope = "conflict" // the Conflict dialog
	ScopeMerge    Scope = "merge"    // the conflicts of a merge
	ScopePlan     Scope = "plan"     // a plan: to delete, copy or move
	ScopeUndo     Scope = "undo"     // what undoing a write puts back
	ScopeCutOff   Scope = "cutoff"   // a plan that was cut off
	ScopeConfirm  Scope = "confirm"  // a question with yes and no
	ScopePutBack  Scope = "putback"  // what putting a version back changes
	ScopeRefused  Scope = "refused"  // why something cannot be edited
	ScopeDrafts   Scope = "drafts"   // the drafts that are kept
	ScopeUnopened Scope = "unopened" // a tab of last time that is not open yet
	ScopeHelp     Scope = "help"     // the help, under a line of text that narrows it
)

// scope is what the keymap knows of a scope.
type scope struct {
	name   Scope
	title  string  // its heading in the help and docs/keys.md
	typing bool    // letters are text here, so no binding may use one
	outer  []Scope // what holds beside it while it is on top, inner before outer
	reach  bool    // no action of an outer scope may lose all of its keys here
}

// What holds beside the scope of a pane, of a dialog, and of a surface that takes
// text.
var (
	inPane   = []Scope{ScopeKey, ScopeMove, ScopeGlobal, ScopeAlways}
	inDialog = []Scope{ScopeMove, ScopeAlways}
	inText   = []Scope{ScopeText, ScopeAlways}
)

// scopes are all scopes in the order of the help. Those without outer ones are no
// surfaces: they hold only beside others.
var scopes = []scope{
	{name: ScopeMove, title: "Moving"},
	{name: ScopeTree, title: "Tree", outer: inPane, reach: true},
	{name: ScopeKey, title: "The key under the cursor"},
	{name: ScopeValue, title: "Value", outer: inPane, reach: true},
	{name: ScopeLocks, title: "Locks", outer: inPane, reach: true},
	{name: ScopeChanges, title: "Changes", outer: inPane}, // its key shows and leaves it
	{name: ScopeDiff, title: "Difference of a change", outer: append([]Scope{ScopeChanges}, inPane...)},
	{name: ScopeSearch, title: "Search", outer: inPane, reach: true},
	{name: ScopeJournal, title: "Journal", outer: inPane},          // u undoes the entry under the cursor there
	{name: ScopeHistory, title: "History of a key", outer: inPane}, // its key shows and leaves it
	{name: ScopeCompare, title: "Compare", outer: inPane},          // < and > bring keys over there
	{name: ScopeGlobal, title: "In every pane"},
	{name: ScopeAlways, title: "Global (also while typing)"},
	{name: ScopeText, title: "Text in the editor and prompts"},
	{name: ScopeEditor, title: "Editor", typing: true, outer: inText},
	{name: ScopeConflict, title: "Conflict", outer: inDialog},
	{name: ScopeMerge, title: "Merge", outer: inDialog},
	{name: ScopePlan, title: "Plan: delete, copy, move, rename", outer: inDialog},
	{name: ScopeUndo, title: "Undo", outer: inDialog},
	{name: ScopeCutOff, title: "A plan was cut off", outer: inDialog},
	{name: ScopeConfirm, title: "Question", outer: inDialog},
	{name: ScopePutBack, title: "Put a version back", outer: inDialog},
	{name: ScopeRefused, title: "Cannot edit here", outer: inDialog},
	{name: ScopeDrafts, title: "Drafts", outer: inDialog},
	{name: ScopeUnopened, title: "A tab of last time", outer: []Scope{ScopeGlobal, ScopeAlways}},
	{name: ScopePrompt, title: "Prompt", typing: true, outer: inText},
	{name: ScopePalette, title: "Palette and lists", typing: true, outer: inText},
	{name: ScopeHelp, title: "Help", typing: true, outer: inText},
}

// entry is the scope's row in the table; the zero row when there is none.
func (s Scope) entry() scope {
	for _, row := range scopes {
		if row.name == s {
			return row
		}
	}
	return scope{}
}

// Scopes returns all scopes in the order of the help.
func Scopes() []Scope {
	names := make([]Scope, len(scopes))
	for i, s := range scopes {
		names[i] = s.name
	}
	return names
}

// Stack returns the scopes that hold while top is the topmost surface,
// innermost first, as Lookup, Help and Short take them. A scope that is no
// surface stands alone.
func Stack(top Scope) []Scope { return append([]Scope{top}, top.entry().outer...) }

// Typing reports whether letters are text while top is the topmost surface, so
// that a key without an action belongs to the text.
func Typing(top Scope) bool { return top.entry().typing }

// Title returns the scope's heading in the help and docs/keys.md.
func Title(s Scope) string { return s.entry().title }
