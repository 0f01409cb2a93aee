package keymap

import "slices"

// Binding gives an action its keys in a scope.
type Binding struct {
	Scope  Scope
	Action Action
	Keys   []string // as Bubble Tea names them: "ctrl+d", "shift+tab", "space", "G"; the first one is shown
	Help   string   // what it does, for the help and docs/keys.md
	Short  string   // one or two words for the bottom line; empty: not shown there

	// Words are what people call it, for the palette: the name that is shown, then
	// others by which it is found, parted by commas.
	Words string

	// Destructive marks actions that help to remove or overwrite what somebody
	// wrote. They are never on a chord or on a key pressed by reflex.
	Destructive bool

	// Writes marks actions that write to the store, or are the first step to it:
	// those of panes and of lists. They are refused while the past is shown.
	Writes bool

	// Needed marks the way out of a surface, which must have a key.
	Needed bool
}

// defaults are the keys as delivered, in the order of the help. Only what the
// program can do is listed.
func defaults() []Binding {
	return slices.Concat(paneDefaults(), pastDefaults(), compareDefaults(), programDefaults(), textDefaults(), dialogDefaults(), listDefaults())
}

// paneDefaults are the keys of the panes.
func paneDefaults() []Binding {
	return []Binding{
		{Scope: ScopeMove, Action: CursorDown, Keys: keys("j", "down"), Help: "down"},
		{Scope: ScopeMove, Action: CursorUp, Keys: keys("k", "up"), Help: "up"},
		{Scope: ScopeMove, Action: CursorTop, Keys: keys("g", "home"), Help: "go to the top"},
		{Scope: ScopeMove, Action: CursorBottom, Keys: keys("G", "end"), Help: "go to the bottom"},
		{Scope: ScopeMove, Action: CursorHalfDown, Keys: keys("ctrl+d"), Help: "half a page down"},
		{Scope: ScopeMove, Action: CursorHalfUp, Keys: keys("ctrl+u"), Help: "half a page up"},
		{Scope: ScopeMove, Action: CursorPageDown, Keys: keys("pgdown"), Help: "a page down"},
		{Scope: ScopeMove, Action: CursorPageUp, Keys: keys("pgup"), Help: "a page up"},

		{Scope: ScopeTree, Action: TreeEnter, Keys: keys("enter"), Help: "open or close a folder, go into a value", Short: "open", Words: "go into, enter, open or close"},
		{Scope: ScopeTree, Action: TreeOpen, Keys: keys("l", "right"), Help: "open", Words: "expand folder, open folder"},
		{Scope: ScopeTree, Action: TreeClose, Keys: keys("h", "left"), Help: "close, or go to the parent", Words: "collapse folder, close folder, up to the parent"},
		{Scope: ScopeTree, Action: TreeOpenAll, Keys: keys("="), Help: "open all below", Words: "expand all, open all"},
		{Scope: ScopeTree, Action: TreeCloseAll, Keys: keys("-"), Help: "close all below", Words: "collapse all, close all"},
		{Scope: ScopeTree, Action: TreeChains, Keys: keys("J"), Help: "compact or expand single-child folders", Words: "compact folders"},
		{Scope: ScopeTree, Action: TreeLeave, Keys: keys("esc"), Help: "give up a range; clear the filter; clear the marks; leave the past; stop loading", Short: "back", Words: "back, clear the filter"},
		{Scope: ScopeTree, Action: MarkToggle, Keys: keys("space"), Help: "mark the key or folder, or take its mark off", Short: "mark", Words: "mark, select"},
		{Scope: ScopeTree, Action: MarkRange, Keys: keys("v"), Help: "begin a range that moving extends, or mark what is in it", Words: "mark a range, select a range"},
		{Scope: ScopeTree, Action: MarkMatches, Help: "mark all keys that the filter finds", Words: "mark all matches, select all"},
		{Scope: ScopeTree, Action: MarkClear, Help: "clear the marks", Words: "clear the marks, unmark, deselect"},
		{Scope: ScopeTree, Action: FindOpen, Keys: keys("/"), Help: "find keys: the tree shows what matches as you type", Short: "find", Words: "find, filter, grep"},
		{Scope: ScopeTree, Action: FindNext, Keys: keys("n"), Help: "next match", Words: "next match"},
		{Scope: ScopeTree, Action: FindPrevious, Keys: keys("N"), Help: "previous match", Words: "previous match"},

		{Scope: ScopeKey, Action: ValueEdit, Keys: keys("e"), Help: "edit here", Short: "edit", Words: "edit, change, set, update, modify, write", Writes: true},
		{Scope: ScopeKey, Action: ValueReveal, Keys: keys("V"), Help: "show the value that the profile masks, until the cursor leaves it", Short: "reveal", Words: "reveal, show the secret, unmask"},
		{Scope: ScopeKey, Action: ValueEditExternal, Keys: keys("E"), Help: "edit in $EDITOR", Words: "edit in $EDITOR, vim, nano, external editor", Writes: true},
		{Scope: ScopeKey, Action: KeyAdd, Keys: keys("a"), Help: "add a key (ending in /: a folder, where the store has them)", Short: "add", Words: "add, new, create, put, folder, mkdir, touch", Writes: true},
		{Scope: ScopeKey, Action: DeleteKey, Keys: keys("d"), Help: "delete the key, or what is marked (shows a plan first)", Short: "delete", Words: "delete, remove, rm, del, erase", Destructive: true, Writes: true},
		{Scope: ScopeKey, Action: DeleteSubtree, Keys: keys("D"), Help: "delete the subtree, or what is marked (shows a plan first)", Words: "delete folder, delete subtree, remove folder, rm -r, delete, remove, rm, del, erase", Destructive: true, Writes: true},
		{Scope: ScopeKey, Action: TransferCopy, Keys: keys("c"), Help: "copy the key or folder, or what is marked, to another place or store (shows a plan first)", Short: "copy", Words: "copy, cp, duplicate, clone"},
		{Scope: ScopeKey, Action: TransferMove, Keys: keys("m"), Help: "move the key or folder, or what is marked, to another place or store (shows a plan first)", Words: "move, mv", Destructive: true, Writes: true},
		{Scope: ScopeKey, Action: TransferRename, Keys: keys("r"), Help: "rename the key or folder (shows a plan first)", Words: "rename", Destructive: true, Writes: true},
		{Scope: ScopeKey, Action: TransferExport, Keys: keys("X"), Help: "export the key or folder, or what is marked, to a file", Words: "export, dump, backup, save to a file"},
		{Scope: ScopeKey, Action: CopyValue, Keys: keys("y"), Help: "copy the value, or the values of what is marked, to the clipboard", Words: "copy value, clipboard, yank"},
		{Scope: ScopeKey, Action: CopyKey, Keys: keys("Y"), Help: "copy the key's name, or the names of what is marked, to the clipboard", Words: "copy name, copy key, copy path"},
		{Scope: ScopeKey, Action: Bookmark, Keys: keys("b"), Help: "set a bookmark on the key or folder, or remove it", Words: "bookmark, favourite, star"},
		{Scope: ScopeKey, Action: HistoryOpen, Keys: keys("H"), Help: "history of the key: its versions", Short: "history", Words: "history, versions, revisions"},

		{Scope: ScopeKey, Action: CompareOpen, Keys: keys("C"), Help: "compare the key or folder with another place, store, file or revision", Short: "compare", Words: "compare, diff, differences, sync"},

		{Scope: ScopeValue, Action: FindOpen, Keys: keys("/"), Help: "find in the value", Short: "find", Words: "find in the value, grep"},
		{Scope: ScopeValue, Action: FindNext, Keys: keys("n"), Help: "next match in the value", Words: "next match"},
		{Scope: ScopeValue, Action: FindPrevious, Keys: keys("N"), Help: "previous match in the value", Words: "previous match"},
		{Scope: ScopeValue, Action: ValueLeave, Keys: keys("esc", "h", "left"), Help: "back to the tree", Short: "tree", Words: "back to the tree, leave", Needed: true},

		{Scope: ScopeLocks, Action: LocksGo, Keys: keys("enter", "l", "right"), Help: "go to the key in the tree", Short: "to the key", Words: "go to the key, jump"},
		{Scope: ScopeLocks, Action: FindOpen, Keys: keys("/"), Help: "find in the list", Short: "find", Words: "find in the list, grep"},
		{Scope: ScopeLocks, Action: FindNext, Keys: keys("n"), Help: "next match in the list", Words: "next match"},
		{Scope: ScopeLocks, Action: FindPrevious, Keys: keys("N"), Help: "previous match in the list", Words: "previous match"},
		{Scope: ScopeLocks, Action: LocksBreak, Keys: keys("x"), Help: "break the lock (asks first)", Short: "break", Words: "break the lock, unlock, release", Destructive: true, Writes: true},
		{Scope: ScopeLocks, Action: LocksLeave, Keys: keys("esc", "h", "left"), Help: "back to the tree", Short: "tree", Words: "back to the tree, leave", Needed: true},

		{Scope: ScopeChanges, Action: ChangesGo, Keys: keys("enter"), Help: "go to the key in the tree", Short: "to the key", Words: "go to the key, jump"},
		{Scope: ScopeChanges, Action: ChangesDiff, Keys: keys("l", "right"), Help: "focus the difference, to scroll it", Words: "scroll the difference"},
		{Scope: ScopeChanges, Action: ChangesPause, Keys: keys("space"), Help: "pause or resume the list", Short: "pause", Words: "pause or resume, stop, freeze"},
		{Scope: ScopeChanges, Action: ChangesFilter, Keys: keys("/"), Help: "show only the keys that match", Short: "filter", Words: "filter, find, grep"},
		{Scope: ScopeChanges, Action: ChangesLeave, Keys: keys("esc", "h", "left", "w"), Help: "back to the tree", Short: "tree", Words: "back to the tree, leave", Needed: true},

		{Scope: ScopeDiff, Action: DiffLeave, Keys: keys("esc", "h", "left"), Help: "back to the list of changes", Short: "list", Words: "back to the list, leave", Needed: true},

		{Scope: ScopeSearch, Action: SearchJump, Keys: keys("enter", "l", "right"), Help: "go to the key in the tree; n and N go to the other hits", Short: "go there", Words: "go to the key, jump"},
		{Scope: ScopeSearch, Action: FindOpen, Keys: keys("/"), Help: "find in the list", Short: "find", Words: "find in the list, grep"},
		{Scope: ScopeSearch, Action: FindNext, Keys: keys("n"), Help: "next match in the list", Words: "next match"},
		{Scope: ScopeSearch, Action: FindPrevious, Keys: keys("N"), Help: "previous match in the list", Words: "previous match"},
		{Scope: ScopeSearch, Action: SearchOn, Keys: keys("+"), Help: "continue past a stop or a limit", Words: "search on, continue"},
		{Scope: ScopeSearch, Action: Pane1, Keys: keys("h", "left"), Help: "back to the tree; the search continues", Words: "tree, keys"},
		{Scope: ScopeSearch, Action: SearchLeave, Keys: keys("esc"), Help: "stop the search; then back to the tree", Short: "back", Words: "stop or leave, back", Needed: true},
	}
}

// pastDefaults are the keys of the panes about what was.
func pastDefaults() []Binding {
	return []Binding{
		{Scope: ScopeJournal, Action: JournalGo, Keys: keys("enter", "l", "right"), Help: "go to the key in the tree", Short: "to the key", Words: "go to the key, jump"},
		{Scope: ScopeJournal, Action: JournalUndo, Keys: keys("u"), Help: "undo this entry (asks first)", Short: "undo", Words: "undo this entry, revert", Writes: true},
		{Scope: ScopeJournal, Action: JournalFilter, Keys: keys("/"), Help: "show only the entries that match", Short: "filter", Words: "filter, find, grep"},
		{Scope: ScopeJournal, Action: FindNext, Keys: keys("n"), Help: "next match in the list", Words: "next match"},
		{Scope: ScopeJournal, Action: FindPrevious, Keys: keys("N"), Help: "previous match in the list", Words: "previous match"},
		{Scope: ScopeJournal, Action: JournalLeave, Keys: keys("esc", "h", "left"), Help: "leave the filter; then back to the tree", Short: "tree", Words: "back to the tree, leave", Needed: true},

		{Scope: ScopeHistory, Action: HistoryShow, Keys: keys("enter"), Help: "show the whole version, or the difference again", Short: "whole", Words: "show whole or difference"},
		{Scope: ScopeHistory, Action: HistoryInside, Keys: keys("l", "right"), Help: "focus what is below the list, to scroll it", Words: "scroll the version"},
		{Scope: ScopeHistory, Action: HistoryCompare, Keys: keys("c"), Help: "compare with the version before, with now, or with the mark", Short: "compare", Words: "compare versions, diff"},
		{Scope: ScopeHistory, Action: HistoryMark, Keys: keys("space", "m"), Help: "mark the version; two marked ones are compared with each other", Short: "mark", Words: "mark the version, select"},
		{Scope: ScopeHistory, Action: HistoryPutBack, Keys: keys("p"), Help: "put the version back (asks first)", Short: "put back", Words: "put back, restore, roll back", Destructive: true, Writes: true},
		{Scope: ScopeHistory, Action: HistoryDeeper, Keys: keys("X"), Help: "read further back than the store does by itself", Short: "read further", Words: "read further back, older"},
		{Scope: ScopeHistory, Action: HistoryLeave, Keys: keys("esc", "h", "left", "H"), Help: "back to the list; then back to the tree", Short: "tree", Words: "back to the tree, leave", Needed: true},
	}
}

// compareDefaults are the keys of a comparison.
func compareDefaults() []Binding {
	return []Binding{
		{Scope: ScopeCompare, Action: CompareThere, Keys: keys(">"), Help: "bring the key, folder or marks to the other side; where there is nothing to bring, delete what is only there (shows a plan first)", Short: "bring there", Words: "bring there, sync there", Destructive: true},
		{Scope: ScopeCompare, Action: CompareHere, Keys: keys("<"), Help: "bring the key, folder or marks here; where there is nothing to bring, delete what is only here (shows a plan first)", Short: "bring here", Words: "bring here, sync here", Destructive: true, Writes: true},
		{Scope: ScopeCompare, Action: CompareMark, Keys: keys("space"), Help: "mark the key or folder, or take its mark off", Short: "mark", Words: "mark, select"},
		{Scope: ScopeCompare, Action: FindNext, Keys: keys("n"), Help: "next difference", Words: "next difference"},
		{Scope: ScopeCompare, Action: FindPrevious, Keys: keys("N"), Help: "previous difference", Words: "previous difference"},
		{Scope: ScopeCompare, Action: CompareSame, Keys: keys("s"), Help: "also show the keys that are the same, or hide them", Short: "all keys", Words: "show or hide the same"},
		{Scope: ScopeCompare, Action: CompareIgnore, Keys: keys("i"), Help: "leave out the keys that match a regular expression", Short: "ignore", Words: "ignore, leave out"},
		{Scope: ScopeCompare, Action: FindOpen, Keys: keys("/"), Help: "show only the keys that match", Short: "filter", Words: "filter, find, grep"},
		{Scope: ScopeCompare, Action: CompareGo, Keys: keys("enter"), Help: "go to the key in the tree; open or close a folder", Words: "go to the key, jump"},
		{Scope: ScopeCompare, Action: TreeOpen, Keys: keys("l", "right"), Help: "open; on a key, focus the difference to scroll it", Words: "expand folder, open folder"},
		{Scope: ScopeCompare, Action: TreeClose, Keys: keys("h", "left"), Help: "close, or go to the parent; leave the difference", Words: "collapse folder, close folder, up to the parent"},
		{Scope: ScopeCompare, Action: TreeOpenAll, Keys: keys("="), Help: "open all below", Words: "expand all, open all"},
		{Scope: ScopeCompare, Action: TreeCloseAll, Keys: keys("-"), Help: "close all below", Words: "collapse all, close all"},
		{Scope: ScopeCompare, Action: CompareOn, Keys: keys("+"), Help: "go on after a stop", Short: "go on", Words: "go on, continue"},
		{Scope: ScopeCompare, Action: CompareLeave, Keys: keys("esc"), Help: "leave the difference or the filter, stop; then back to the tree", Short: "tree", Words: "back, leave", Needed: true},
	}
}

// programDefaults are the keys of the program as a whole.
func programDefaults() []Binding {
	return []Binding{
		{Scope: ScopeGlobal, Action: LocksOpen, Keys: keys("L"), Help: "locks under the opened prefix", Short: "locks", Words: "locks, holders"},
		{Scope: ScopeGlobal, Action: ChangesOpen, Keys: keys("w"), Help: "live changes", Short: "changes", Words: "changes, watch, live"},
		{Scope: ScopeGlobal, Action: SearchOpen, Keys: keys("S"), Help: "search values (this folder; tab: everything)", Short: "search", Words: "search values, grep, search, look for"},
		{Scope: ScopeGlobal, Action: UndoLast, Keys: keys("u"), Help: "undo my last write (asks first)", Short: "undo", Words: "undo, revert, take back, restore", Writes: true},
		{Scope: ScopeGlobal, Action: JournalOpen, Keys: keys("U"), Help: "journal of my writes", Short: "journal", Words: "journal, log, my writes"},
		{Scope: ScopeGlobal, Action: PastTravel, Keys: keys("T"), Help: "show everything as of a revision or a time (etcd v3)", Short: "as of", Words: "as of, past, time travel, revision"},
		{Scope: ScopeGlobal, Action: PastPrevious, Keys: keys("<"), Help: "go back to the change before of this folder or key", Words: "change before, older"},
		{Scope: ScopeGlobal, Action: PastNext, Keys: keys(">"), Help: "go on to the next change of this folder or key", Words: "next change, newer"},
		{Scope: ScopeGlobal, Action: BookmarkList, Keys: keys("B"), Help: "bookmarks", Words: "bookmarks, favourites"},
		{Scope: ScopeGlobal, Action: JumpBack, Keys: keys("[", "ctrl+o", "alt+left"), Help: "back to where the cursor was before it jumped", Words: "go back"},
		{Scope: ScopeGlobal, Action: JumpOn, Keys: keys("]", "ctrl+i", "alt+right"), Help: "forward again (ctrl+i only where the terminal tells it from tab)", Words: "go forward"},
		{Scope: ScopeGlobal, Action: PaneNext, Keys: keys("tab"), Help: "next pane", Words: "next pane"},
		{Scope: ScopeGlobal, Action: PanePrevious, Keys: keys("shift+tab"), Help: "previous pane", Words: "previous pane"},
		{Scope: ScopeGlobal, Action: Pane1, Keys: keys("1"), Help: "the tree", Words: "tree, keys"},
		{Scope: ScopeGlobal, Action: Pane2, Keys: keys("2"), Help: "the value", Words: "value, view, show, get, cat, print"},
		{Scope: ScopeGlobal, Action: Pane3, Keys: keys("3"), Help: "the locks", Words: "lock list"},
		{Scope: ScopeGlobal, Action: Pane4, Keys: keys("4"), Help: "the changes", Words: "list of changes"},
		{Scope: ScopeGlobal, Action: Pane5, Keys: keys("5"), Help: "the search results", Words: "search results"},
		{Scope: ScopeGlobal, Action: Pane6, Keys: keys("6"), Help: "the journal", Words: "journal pane"},
		{Scope: ScopeGlobal, Action: Pane7, Keys: keys("7"), Help: "the history", Words: "history pane"},
		{Scope: ScopeGlobal, Action: Pane8, Keys: keys("8"), Help: "the comparison", Words: "comparison"},
		{Scope: ScopeGlobal, Action: TabOpen, Keys: keys("P"), Help: "open a profile, or an address, in a tab", Words: "profiles, connect, open a tab, switch, server, store, cluster, login"},
		{Scope: ScopeGlobal, Action: TabNext, Keys: keys("gt"), Help: "next tab", Words: "next tab"},
		{Scope: ScopeGlobal, Action: TabPrevious, Keys: keys("gT"), Help: "previous tab", Words: "previous tab"},
		{Scope: ScopeGlobal, Action: TabClose, Keys: keys("gq"), Help: "close the tab", Words: "close tab, disconnect"},
		{Scope: ScopeGlobal, Action: AppRefresh, Keys: keys("R"), Help: "reload everything", Words: "reload, refresh"},
		{Scope: ScopeGlobal, Action: AppPalette, Keys: keys(":"), Help: "command palette", Short: "menu", Words: "menu, commands"},
		{Scope: ScopeGlobal, Action: AppTheme, Help: "choose a theme", Words: "themes, colours, colors, dark, light"},
		{Scope: ScopeGlobal, Action: AppHelp, Keys: keys("?"), Help: "help", Short: "help", Words: "help, keys, shortcuts, manual, man"},
		{Scope: ScopeGlobal, Action: AppQuit, Keys: keys("q"), Help: "quit", Short: "quit", Words: "quit, exit, leave kvist, q!, wq"},

		{Scope: ScopeAlways, Action: AppHelp, Keys: keys("f1"), Help: "help"},
		{Scope: ScopeAlways, Action: TabNext, Keys: keys("ctrl+pgdown"), Help: "next tab"},
		{Scope: ScopeAlways, Action: TabPrevious, Keys: keys("ctrl+pgup"), Help: "previous tab"},
		{Scope: ScopeAlways, Action: AppSuspend, Keys: keys("ctrl+z"), Help: "suspend: back to the shell until fg", Words: "suspend, background, shell"},
		{Scope: ScopeAlways, Action: AppQuit, Keys: keys("ctrl+c"), Help: "quit", Needed: true},
	}
}

// textDefaults are the keys of the editor and of every other place where text
// is typed.
func textDefaults() []Binding {
	return []Binding{
		{Scope: ScopeText, Action: EditorUndo, Keys: keys("ctrl+_", "ctrl+/", "alt+z"), Help: "undo"},
		{Scope: ScopeText, Action: EditorRedo, Keys: keys("ctrl+y", "alt+shift+z"), Help: "redo"},
		{Scope: ScopeText, Action: TextLeft, Keys: keys("left"), Help: "one character back"},
		{Scope: ScopeText, Action: TextRight, Keys: keys("right"), Help: "one character forward"},
		{Scope: ScopeText, Action: TextUp, Keys: keys("up"), Help: "one row up"},
		{Scope: ScopeText, Action: TextDown, Keys: keys("down"), Help: "one row down"},
		{Scope: ScopeText, Action: TextWordLeft, Keys: keys("ctrl+left", "alt+left", "alt+b"), Help: "one word back"},
		{Scope: ScopeText, Action: TextWordRight, Keys: keys("ctrl+right", "alt+right", "alt+f"), Help: "one word forward"},
		{Scope: ScopeText, Action: TextLineStart, Keys: keys("home", "ctrl+a"), Help: "start of the line"},
		{Scope: ScopeText, Action: TextLineEnd, Keys: keys("end", "ctrl+e"), Help: "end of the line"},
		{Scope: ScopeText, Action: TextPageUp, Keys: keys("pgup"), Help: "one page up"},
		{Scope: ScopeText, Action: TextPageDown, Keys: keys("pgdown"), Help: "one page down"},
		{Scope: ScopeText, Action: TextTop, Keys: keys("ctrl+home", "alt+<"), Help: "start of the text"},
		{Scope: ScopeText, Action: TextBottom, Keys: keys("ctrl+end", "alt+>"), Help: "end of the text"},
		{Scope: ScopeText, Action: TextEraseBack, Keys: keys("backspace", "shift+backspace", "ctrl+h"), Help: "erase the character before"},
		{Scope: ScopeText, Action: TextEraseOn, Keys: keys("delete", "ctrl+d"), Help: "erase the character under the cursor"},
		{Scope: ScopeText, Action: TextEraseWordBack, Keys: keys("ctrl+w", "alt+backspace", "ctrl+backspace"), Help: "erase the word before"},
		{Scope: ScopeText, Action: TextEraseWordOn, Keys: keys("alt+d", "ctrl+delete", "alt+delete"), Help: "erase the word after"},
		{Scope: ScopeText, Action: TextEraseToStart, Keys: keys("ctrl+u"), Help: "erase to the start of the line"},
		{Scope: ScopeText, Action: TextEraseToEnd, Keys: keys("ctrl+k"), Help: "erase to the end of the line; at its end, join the next one"},

		{Scope: ScopeEditor, Action: EditorSave, Keys: keys("ctrl+s"), Help: "save", Short: "save", Words: "save"},
		{Scope: ScopeEditor, Action: EditorExternal, Keys: keys("ctrl+o"), Help: "continue in $EDITOR", Short: "$EDITOR"},
		{Scope: ScopeEditor, Action: EditorNewline, Keys: keys("enter", "shift+enter", "ctrl+j"), Help: "new line, with the text's line end and indentation"},
		{Scope: ScopeEditor, Action: EditorIndent, Keys: keys("tab"), Help: "indent as the text does: by a tab or spaces"},
		{Scope: ScopeEditor, Action: EditorOutdent, Keys: keys("shift+tab"), Help: "remove one step of indentation"},
		{Scope: ScopeEditor, Action: EditorFind, Keys: keys("ctrl+f"), Help: "find in the text"},
		{Scope: ScopeEditor, Action: EditorFindNext, Keys: keys("f3", "alt+n"), Help: "next match"},
		{Scope: ScopeEditor, Action: EditorFindPrevious, Keys: keys("shift+f3", "alt+p"), Help: "previous match"},
		{Scope: ScopeEditor, Action: EditorGoTo, Keys: keys("ctrl+g"), Help: "go to a line"},
		{Scope: ScopeEditor, Action: SelectLeft, Keys: keys("shift+left"), Help: "select the character before"},
		{Scope: ScopeEditor, Action: SelectRight, Keys: keys("shift+right"), Help: "select the character after"},
		{Scope: ScopeEditor, Action: SelectUp, Keys: keys("shift+up"), Help: "select a row up"},
		{Scope: ScopeEditor, Action: SelectDown, Keys: keys("shift+down"), Help: "select a row down"},
		{Scope: ScopeEditor, Action: SelectWordLeft, Keys: keys("ctrl+shift+left", "alt+shift+left"), Help: "select the word before"},
		{Scope: ScopeEditor, Action: SelectWordRight, Keys: keys("ctrl+shift+right", "alt+shift+right"), Help: "select the word after"},
		{Scope: ScopeEditor, Action: SelectLineStart, Keys: keys("shift+home"), Help: "select to the start of the line"},
		{Scope: ScopeEditor, Action: SelectLineEnd, Keys: keys("shift+end"), Help: "select to the end of the line"},
		{Scope: ScopeEditor, Action: SelectPageUp, Keys: keys("shift+pgup"), Help: "select a page up"},
		{Scope: ScopeEditor, Action: SelectPageDown, Keys: keys("shift+pgdown"), Help: "select a page down"},
		{Scope: ScopeEditor, Action: EditorSelectAll, Keys: keys("ctrl+shift+a"), Help: "select everything"},
		{Scope: ScopeEditor, Action: EditorMark, Keys: keys("ctrl+space"), Help: "begin a selection that moving extends, or give it up"},
		{Scope: ScopeEditor, Action: EditorCut, Keys: keys("ctrl+x"), Help: "cut what is selected, or else the line, and copy it to the clipboard"},
		{Scope: ScopeEditor, Action: EditorCopy, Keys: keys("alt+c"), Help: "copy what is selected, or else the line"},
		{Scope: ScopeEditor, Action: EditorPaste, Keys: keys("ctrl+v"), Help: "paste what was cut or copied here", Words: "paste"},
		{Scope: ScopeEditor, Action: EditorLeave, Keys: keys("esc"), Help: "leave; with unsaved changes press twice, they are kept as a draft", Short: "leave", Needed: true},
	}
}

// dialogDefaults are the keys of the dialogs.
func dialogDefaults() []Binding {
	return []Binding{
		{Scope: ScopeConflict, Action: ConflictOverwrite, Keys: keys("o"), Help: "overwrite theirs with mine, if it is still the one shown", Short: "overwrite", Destructive: true},
		{Scope: ScopeConflict, Action: ConflictTake, Keys: keys("t"), Help: "take theirs", Short: "take theirs", Destructive: true},
		{Scope: ScopeConflict, Action: ConflictMerge, Keys: keys("m"), Help: "merge in the editor", Short: "merge"},
		{Scope: ScopeConflict, Action: ValueReveal, Keys: keys("V"), Help: "show the values that the profile masks"},
		{Scope: ScopeConflict, Action: DialogCancel, Keys: keys("esc"), Help: "keep editing", Short: "keep editing", Needed: true},

		{Scope: ScopeMerge, Action: FindNext, Keys: keys("n"), Help: "next conflict", Short: "next"},
		{Scope: ScopeMerge, Action: FindPrevious, Keys: keys("N"), Help: "previous conflict"},
		{Scope: ScopeMerge, Action: MergeMine, Keys: keys("o"), Help: "take your change here", Short: "yours"},
		{Scope: ScopeMerge, Action: MergeTheirs, Keys: keys("t"), Help: "take their change here", Short: "theirs"},
		{Scope: ScopeMerge, Action: MergeBoth, Keys: keys("b"), Help: "take both here, yours first", Short: "both"},
		{Scope: ScopeMerge, Action: ValueReveal, Keys: keys("V"), Help: "show the values that the profile masks"},
		{Scope: ScopeMerge, Action: DialogConfirm, Keys: keys("enter"), Help: "continue in the editor; what is not decided has markers there", Short: "edit the result"},
		{Scope: ScopeMerge, Action: DialogCancel, Keys: keys("esc"), Help: "do not merge", Short: "cancel", Needed: true},

		{Scope: ScopeUndo, Action: UndoYes, Keys: keys("y"), Help: "put back exactly what is shown", Short: "undo", Destructive: true},
		{Scope: ScopeUndo, Action: PlanCount, Keys: keys("enter"), Help: "undo a large plan, after typing its number of keys"},
		{Scope: ScopeUndo, Action: UndoCompare, Keys: keys("m"), Help: "compare with what someone else wrote since, and merge"},
		{Scope: ScopeUndo, Action: UndoOlder, Keys: keys("u"), Help: "where nothing can be put back, go on to the next older write"},
		{Scope: ScopeUndo, Action: ValueReveal, Keys: keys("V"), Help: "show the values that the profile masks"},
		{Scope: ScopeUndo, Action: DialogCancel, Keys: keys("esc"), Help: "put nothing back; while undoing, stop", Short: "cancel", Needed: true},

		{Scope: ScopeCutOff, Action: CutOffCarryOn, Keys: keys("c"), Help: "carry out what is left of the plan", Short: "carry on", Destructive: true},
		{Scope: ScopeCutOff, Action: PlanCount, Keys: keys("enter"), Help: "carry on with a large plan, after typing how many keys are left"},
		{Scope: ScopeCutOff, Action: CutOffRollBack, Keys: keys("u"), Help: "undo what was carried out (asks first)", Short: "roll back"},
		{Scope: ScopeCutOff, Action: DialogCancel, Keys: keys("esc"), Help: "decide at the next start; while carrying on, stop", Short: "later", Needed: true},

		{Scope: ScopePlan, Action: PlanYes, Keys: keys("y"), Help: "carry out exactly what is shown", Short: "yes", Destructive: true},
		{Scope: ScopePlan, Action: PlanCount, Keys: keys("enter"), Help: "carry out a large plan, after typing its number of keys"},
		{Scope: ScopePlan, Action: PlanMode, Keys: keys("o"), Help: "when copying: leave the keys that are there, overwrite them, or only those that differ"},
		{Scope: ScopePlan, Action: PlanPartial, Keys: keys("p"), Help: "when copying: without the keys that the target cannot hold"},
		{Scope: ScopePlan, Action: PlanTarget, Keys: keys("t"), Help: "when importing: to another place"},
		{Scope: ScopePlan, Action: FindOpen, Keys: keys("/"), Help: "find in the plan"},
		{Scope: ScopePlan, Action: FindNext, Keys: keys("n"), Help: "next match"},
		{Scope: ScopePlan, Action: FindPrevious, Keys: keys("N"), Help: "previous match"},
		{Scope: ScopePlan, Action: DialogCancel, Keys: keys("esc"), Help: "do nothing; while it is carried out, stop", Short: "cancel", Needed: true},

		{Scope: ScopeConfirm, Action: ConfirmYes, Keys: keys("y"), Help: "yes", Short: "yes", Destructive: true},
		{Scope: ScopeConfirm, Action: ConfirmNo, Keys: keys("n"), Help: "no", Short: "no"},
		{Scope: ScopeConfirm, Action: DialogCancel, Keys: keys("esc"), Help: "cancel", Short: "cancel", Needed: true},

		{Scope: ScopePutBack, Action: PutBackYes, Keys: keys("y"), Help: "put back exactly what is shown", Short: "put back", Destructive: true, Writes: true},
		{Scope: ScopePutBack, Action: ValueReveal, Keys: keys("V"), Help: "show the values that the profile masks"},
		{Scope: ScopePutBack, Action: DialogCancel, Keys: keys("esc", "n"), Help: "put nothing back", Short: "cancel", Needed: true},

		{Scope: ScopeRefused, Action: RefusedGoOn, Keys: keys("enter", "E"), Help: "do what is offered instead, such as edit in $EDITOR", Short: "go on"},
		{Scope: ScopeRefused, Action: DialogCancel, Keys: keys("esc"), Help: "close", Short: "close", Needed: true},

		{Scope: ScopeDrafts, Action: DraftsResume, Keys: keys("enter"), Help: "resume the draft", Short: "resume", Writes: true},
		{Scope: ScopeDrafts, Action: DraftsDiscard, Keys: keys("x"), Help: "discard the draft (asks first)", Short: "discard", Words: "discard the draft", Destructive: true},
		{Scope: ScopeDrafts, Action: DialogCancel, Keys: keys("esc"), Help: "close", Short: "close", Needed: true},

		{Scope: ScopeUnopened, Action: DialogConfirm, Keys: keys("enter"), Help: "open its store", Short: "open", Words: "connect to it"},
		{Scope: ScopeUnopened, Action: DialogCancel, Keys: keys("esc"), Help: "give up opening it", Short: "give up", Words: "give up, stop"},
	}
}

// listDefaults are the keys of prompts and of lists below a line of text.
func listDefaults() []Binding {
	return []Binding{
		{Scope: ScopePrompt, Action: DialogConfirm, Keys: keys("enter"), Help: "accept", Short: "ok", Needed: true},
		{Scope: ScopePrompt, Action: FindNext, Keys: keys("down", "ctrl+n"), Help: "while finding: next match"},
		{Scope: ScopePrompt, Action: FindPrevious, Keys: keys("up", "ctrl+p"), Help: "while finding: previous match"},
		{Scope: ScopePrompt, Action: PromptTurn, Keys: keys("tab"), Help: "in a search of values: this folder, or everything; in a copy: complete the folder"},
		{Scope: ScopePrompt, Action: DialogCancel, Keys: keys("esc"), Help: "cancel", Short: "cancel", Needed: true},

		{Scope: ScopePalette, Action: CursorDown, Keys: keys("down", "ctrl+n"), Help: "down"},
		{Scope: ScopePalette, Action: CursorUp, Keys: keys("up", "ctrl+p"), Help: "up"},
		{Scope: ScopePalette, Action: PaletteComplete, Keys: keys("tab"), Help: "complete the command, or its argument", Short: "complete"},
		{Scope: ScopePalette, Action: PaletteRemove, Keys: keys("ctrl+x"), Help: "in the list of bookmarks: remove the bookmark"},
		{Scope: ScopePalette, Action: DialogConfirm, Keys: keys("enter"), Help: "run", Short: "run", Needed: true},
		{Scope: ScopePalette, Action: DialogCancel, Keys: keys("esc"), Help: "cancel", Short: "cancel", Needed: true},

		{Scope: ScopeHelp, Action: CursorDown, Keys: keys("down", "ctrl+n"), Help: "down"},
		{Scope: ScopeHelp, Action: CursorUp, Keys: keys("up", "ctrl+p"), Help: "up"},
		{Scope: ScopeHelp, Action: HelpLeft, Keys: keys("left"), Help: "to the column before"},
		{Scope: ScopeHelp, Action: HelpRight, Keys: keys("right"), Help: "to the column after"},
		{Scope: ScopeHelp, Action: CursorPageDown, Keys: keys("pgdown"), Help: "a page on"},
		{Scope: ScopeHelp, Action: CursorPageUp, Keys: keys("pgup"), Help: "a page back"},
		{Scope: ScopeHelp, Action: CursorTop, Keys: keys("home"), Help: "go to the first entry"},
		{Scope: ScopeHelp, Action: CursorBottom, Keys: keys("end"), Help: "go to the last entry"},
		{Scope: ScopeHelp, Action: DialogConfirm, Keys: keys("enter"), Help: "do what the entry says, where the help was opened", Short: "do it", Needed: true},
		{Scope: ScopeHelp, Action: DialogCancel, Keys: keys("esc"), Help: "clear the filter; then close the help", Short: "close", Needed: true},
	}
}

func keys(names ...string) []string { return names }
