package keymap

// Action is something that the user may ask for. Its value is its name in a
// user's file and in the command palette.
type Action string

// Moving, in every surface that has lines.
const (
	CursorDown     Action = "cursor.down"
	CursorUp       Action = "cursor.up"
	CursorTop      Action = "cursor.top"
	CursorBottom   Action = "cursor.bottom"
	CursorHalfDown Action = "cursor.half-down"
	CursorHalfUp   Action = "cursor.half-up"
	CursorPageDown Action = "cursor.page-down"
	CursorPageUp   Action = "cursor.page-up"
)

// The tree.
const (
	TreeOpen     Action = "tree.open"      // opens the folder, or steps into it when it is open
	TreeClose    Action = "tree.close"     // closes the folder, or steps to its parent
	TreeEnter    Action = "tree.enter"     // opens or closes a folder; on a key goes to its value
	TreeOpenAll  Action = "tree.open-all"  // everything below the cursor
	TreeCloseAll Action = "tree.close-all" // everything below the cursor
	TreeChains   Action = "tree.chains"    // shows chains of single children joined, or apart
	TreeLeave    Action = "tree.leave"     // leaves the filter, else the past, else stops the listing
	MarkToggle   Action = "mark.toggle"    // the key or folder under the cursor
	MarkRange    Action = "mark.range"     // begins a range, or marks what is in it
	MarkMatches  Action = "mark.matches"   // all that the filter finds
	MarkClear    Action = "mark.clear"
	FindOpen     Action = "find.open"
	FindNext     Action = "find.next"
	FindPrevious Action = "find.previous"
)

// The key under the cursor, whichever pane has the focus.
const (
	ValueEdit         Action = "value.edit"
	ValueEditExternal Action = "value.edit-external"
	ValueReveal       Action = "value.reveal" // shows what the profile masks
	KeyAdd            Action = "key.add"
	DeleteKey         Action = "delete.key"
	DeleteSubtree     Action = "delete.subtree"
	TransferCopy      Action = "transfer.copy" // asks where to, then shows a plan
	TransferMove      Action = "transfer.move"
	TransferRename    Action = "transfer.rename" // the last part of the name
	TransferExport    Action = "transfer.export" // asks for a file
	CopyValue         Action = "copy.value"
	CopyKey           Action = "copy.key"
)

// The value pane.
const (
	ValueLeave Action = "value.leave" // back to the tree
)

// The lock list.
const (
	LocksOpen  Action = "locks.open"
	LocksGo    Action = "locks.go"
	LocksBreak Action = "locks.break" // asks first
	LocksLeave Action = "locks.leave" // back to the tree
)

// The changes.
const (
	ChangesOpen   Action = "changes.open"
	ChangesPause  Action = "changes.pause" // pauses or resumes the list
	ChangesFilter Action = "changes.filter"
	ChangesGo     Action = "changes.go"    // to the key in the tree
	ChangesDiff   Action = "changes.diff"  // to what the change did
	ChangesLeave  Action = "changes.leave" // back to the tree
	DiffLeave     Action = "diff.leave"    // back to the list of changes
)

// The search of values.
const (
	SearchOpen  Action = "search.open"  // asks what to look for
	SearchJump  Action = "search.jump"  // to the hit's key in the tree
	SearchOn    Action = "search.on"    // further, when it was stopped or reached a limit
	SearchLeave Action = "search.leave" // stops it; when it is at rest, back to the tree
)

// The journal of what kvist wrote.
const (
	UndoLast      Action = "undo.last" // shows what undoing the last write puts back
	JournalOpen   Action = "journal.open"
	JournalGo     Action = "journal.go"     // to the key in the tree
	JournalUndo   Action = "journal.undo"   // shows what undoing the entry puts back
	JournalFilter Action = "journal.filter" // shows the entries that match
	JournalLeave  Action = "journal.leave"  // leaves the filter; then back to the tree
)

// The history of a key.
const (
	HistoryOpen    Action = "history.open"    // of the key under the cursor
	HistoryShow    Action = "history.show"    // the version as a whole, or the difference again
	HistoryInside  Action = "history.inside"  // to what is below the list, to scroll it
	HistoryCompare Action = "history.compare" // with the version before, with now, with the mark
	HistoryMark    Action = "history.mark"
	HistoryPutBack Action = "history.put-back" // asks first
	HistoryDeeper  Action = "history.deeper"   // reads further back
	HistoryLeave   Action = "history.leave"    // to the list; then back to the tree
	PutBackYes     Action = "putback.yes"      // puts back exactly what is shown
)

// The comparison of two places.
const (
	CompareOpen   Action = "compare.open"   // asks what to compare the key under the cursor with
	CompareGo     Action = "compare.go"     // to the key in the tree; opens or closes a folder
	CompareMark   Action = "compare.mark"   // of the row under the cursor
	CompareSame   Action = "compare.same"   // shows the keys that are the same as well
	CompareIgnore Action = "compare.ignore" // asks which keys to leave out
	CompareThere  Action = "compare.there"  // shows the plan to bring it to the other side
	CompareHere   Action = "compare.here"
	CompareOn     Action = "compare.on"    // goes on after a stop
	CompareLeave  Action = "compare.leave" // a step back; at last to the tree
)

// The store as it was, where it keeps history.
const (
	PastTravel   Action = "past.travel"   // asks for a revision or a time; "now" comes back
	PastPrevious Action = "past.previous" // to the change before of the folder or key under the cursor
	PastNext     Action = "past.next"     // to the change after
)

// Where the tree's cursor was.
const (
	JumpBack Action = "jump.back"
	JumpOn   Action = "jump.on"

	Bookmark     Action = "bookmark.set" // on the key under the cursor, or removes it
	BookmarkList Action = "bookmark.list"
)

// The program as a whole.
const (
	PaneNext     Action = "pane.next"
	PanePrevious Action = "pane.previous"
	Pane1        Action = "pane.1" // the tree
	Pane2        Action = "pane.2" // the value
	Pane3        Action = "pane.3" // the locks
	Pane4        Action = "pane.4" // the changes
	Pane5        Action = "pane.5" // what a search of values found
	Pane6        Action = "pane.6" // the journal
	Pane7        Action = "pane.7" // the history of a key
	Pane8        Action = "pane.8" // a comparison
	TabNext      Action = "tab.next"
	TabPrevious  Action = "tab.previous"
	TabClose     Action = "tab.close" // asks if something was typed there
	TabOpen      Action = "tab.open"  // asks which profile
	AppPalette   Action = "app.palette"
	AppTheme     Action = "app.theme"
	AppRefresh   Action = "app.refresh"
	AppHelp      Action = "app.help"
	AppQuit      Action = "app.quit"
	AppSuspend   Action = "app.suspend" // back to the shell, until that has the program go on
)

// The inline editor.
const (
	EditorSave     Action = "editor.save"
	EditorLeave    Action = "editor.leave"
	EditorExternal Action = "editor.external" // hands what was typed so far to $EDITOR

	EditorMark         Action = "editor.mark" // begins a selection that moving extends
	EditorSelectAll    Action = "editor.select-all"
	EditorCut          Action = "editor.cut" // the selection, or else the line
	EditorCopy         Action = "editor.copy"
	EditorPaste        Action = "editor.paste" // what was cut or copied in the editor
	EditorFind         Action = "editor.find"
	EditorFindNext     Action = "editor.find-next"
	EditorFindPrevious Action = "editor.find-previous"
	EditorGoTo         Action = "editor.go-to" // a line
	SelectLeft         Action = "select.left"
	SelectRight        Action = "select.right"
	SelectUp           Action = "select.up"
	SelectDown         Action = "select.down"
	SelectWordLeft     Action = "select.word-left"
	SelectWordRight    Action = "select.word-right"
	SelectLineStart    Action = "select.line-start"
	SelectLineEnd      Action = "select.line-end"
	SelectPageUp       Action = "select.page-up"
	SelectPageDown     Action = "select.page-down"
)

// Text, wherever it is typed: in the editor and in every prompt.
const (
	TextLeft          Action = "text.left"
	TextRight         Action = "text.right"
	TextUp            Action = "text.up"
	TextDown          Action = "text.down"
	TextWordLeft      Action = "text.word-left"
	TextWordRight     Action = "text.word-right"
	TextLineStart     Action = "text.line-start"
	TextLineEnd       Action = "text.line-end"
	TextPageUp        Action = "text.page-up"
	TextPageDown      Action = "text.page-down"
	TextTop           Action = "text.top"
	TextBottom        Action = "text.bottom"
	TextEraseBack     Action = "text.erase-back"
	TextEraseOn       Action = "text.erase-on"
	TextEraseWordBack Action = "text.erase-word-back"
	TextEraseWordOn   Action = "text.erase-word-on"
	TextEraseToStart  Action = "text.erase-to-start"
	TextEraseToEnd    Action = "text.erase-to-end"
	EditorUndo        Action = "editor.undo"
	EditorRedo        Action = "editor.redo"
	EditorNewline     Action = "editor.newline"
	EditorIndent      Action = "editor.indent"
	EditorOutdent     Action = "editor.outdent"
)

// Dialogs.
const (
	ConflictOverwrite Action = "conflict.overwrite" // theirs with mine, again by compare-and-swap
	ConflictTake      Action = "conflict.take"      // theirs
	ConflictMerge     Action = "conflict.merge"     // in the editor
	MergeMine         Action = "merge.mine"         // at the conflict that is shown
	MergeTheirs       Action = "merge.theirs"
	MergeBoth         Action = "merge.both"
	UndoYes           Action = "undo.yes"         // puts back exactly what is shown
	UndoCompare       Action = "undo.compare"     // with what somebody else wrote since
	UndoOlder         Action = "undo.older"       // goes on to the next older write
	CutOffCarryOn     Action = "cutoff.carry-on"  // carries out what is left of the plan
	CutOffRollBack    Action = "cutoff.roll-back" // shows what undoing its part puts back
	PlanYes           Action = "plan.yes"         // carries out exactly the plan shown
	PlanCount         Action = "plan.count"       // carries out or undoes it, once the number of its keys was typed
	PlanMode          Action = "plan.mode"        // what becomes of keys that are at the target
	PlanPartial       Action = "plan.partial"     // without the keys that the target cannot hold
	PlanTarget        Action = "plan.target"      // where an import goes
	ConfirmYes        Action = "confirm.yes"
	ConfirmNo         Action = "confirm.no"
	DraftsResume      Action = "drafts.resume"
	DraftsDiscard     Action = "drafts.discard" // asks first
	RefusedGoOn       Action = "refused.go-on"  // what else can be done, such as in $EDITOR
	DialogConfirm     Action = "dialog.confirm" // what was typed or chosen
	DialogCancel      Action = "dialog.cancel"
	PromptTurn        Action = "prompt.turn" // what else the prompt may be about
	HelpLeft          Action = "help.left"   // to the column before
	HelpRight         Action = "help.right"
	PaletteComplete   Action = "palette.complete"
	PaletteRemove     Action = "palette.remove" // from a list, such as a bookmark
)
