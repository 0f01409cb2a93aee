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
	ScopeText     Scope = "text"     // wherever text is typed: the editor, prompts, palettes
	ScopeEditor   Scope = "editor"   // the inline editor
	ScopePrompt   Scope = "prompt"   // one line of text: a find, a name
	ScopePalette  Scope = "palette"  // a line of text over a list: commands, themes
	ScopeConflict Scope = "conflict" // the Conflict dialog
	ScopePlan     Scope = "plan"     // the Delete plan
	ScopeConfirm  Scope = "confirm"  // a question with yes and no
	ScopeRefused  Scope = "refused"  // why something cannot be edited
	ScopeDrafts   Scope = "drafts"   // the drafts that are kept
	ScopeHelp     Scope = "help"     // the help
)

// surface describes a scope that can be on top of the screen.
type surface struct {
	title  string
	typing bool    // letters are text here, so no binding may use one
	outer  []Scope // the other scopes that hold, inner before outer
}

// surfaces are all scopes that can be on top. The other scopes only ever lie
// below one of these.
func surfaces() map[Scope]surface {
	keyed := []Scope{ScopeKey, ScopeMove, ScopeGlobal, ScopeAlways}
	dialog := []Scope{ScopeMove, ScopeAlways}
	typing := []Scope{ScopeText, ScopeAlways}
	return map[Scope]surface{
		ScopeTree:     {"Tree", false, keyed},
		ScopeValue:    {"Value", false, keyed},
		ScopeLocks:    {"Locks", false, keyed},
		ScopeChanges:  {"Changes", false, keyed},
		ScopeDiff:     {"What a change did", false, append([]Scope{ScopeChanges}, keyed...)},
		ScopeSearch:   {"Search", false, keyed},
		ScopeEditor:   {"Editor", true, typing},
		ScopePrompt:   {"Prompt", true, typing},
		ScopePalette:  {"Palette and lists", true, typing},
		ScopeConflict: {"Conflict", false, dialog},
		ScopePlan:     {"Delete plan", false, dialog},
		ScopeConfirm:  {"Question", false, dialog},
		ScopeRefused:  {"Refusal to edit", false, dialog},
		ScopeDrafts:   {"Drafts", false, dialog},
		ScopeHelp:     {"Help", false, dialog},
	}
}

// Scopes returns all scopes in the order of the help.
func Scopes() []Scope {
	return []Scope{
		ScopeMove, ScopeTree, ScopeKey, ScopeValue, ScopeLocks, ScopeChanges, ScopeDiff, ScopeSearch, ScopeGlobal, ScopeAlways,
		ScopeText, ScopeEditor, ScopeConflict, ScopePlan, ScopeConfirm, ScopeRefused, ScopeDrafts, ScopePrompt, ScopePalette, ScopeHelp,
	}
}

// Stack returns the scopes that hold while top is the topmost surface,
// innermost first, as Lookup, Help and Short take them. A scope that is no
// surface stands alone.
func Stack(top Scope) []Scope {
	return append([]Scope{top}, surfaces()[top].outer...)
}

// Typing reports whether letters are text while top is the topmost surface, so
// that a key without an action belongs to the text.
func Typing(top Scope) bool { return surfaces()[top].typing }

// Title returns the scope's heading in the help and the README.
func Title(s Scope) string {
	switch s {
	case ScopeAlways:
		return "Global (also while typing)"
	case ScopeGlobal:
		return "In every pane"
	case ScopeMove:
		return "Moving"
	case ScopeText:
		return "Text: in the editor, and in every prompt"
	case ScopeKey:
		return "The key under the cursor"
	default:
		return surfaces()[s].title
	}
}
