package themes

// Role is an element of the screen that has a look of its own.
type Role uint8

// The roles. The zero role is plain text.
const (
	Text Role = iota
	Muted
	Accent
	Good
	Warning
	Error

	Status
	StatusLive
	StatusWarn
	StatusDanger
	StatusAccent
	StatusPast // the whole line while the past is shown

	Folder
	Count
	Match
	RowSelected     // the cursor's row in the pane that has the focus
	RowSelectedBlur // the cursor's row in another pane
	RowMarked       // a row that is marked
	RowAdded        // lit rows: the first of FadeSteps, see Lit
	rowAdded2
	rowAdded3
	RowChanged
	rowChanged2
	rowChanged3
	RowRemoved
	rowRemoved2
	rowRemoved3
	SignRemoved // the sign before a removed row, which itself fades
	MarkEphemeral
	MarkLeased
	MarkLocked

	PaneTitle
	PaneTitleFocus
	Border
	BorderFocus
	BorderDanger // around what cannot be undone
	DialogTitle
	Input
	HelpKey
	HelpTitle // a heading inside a pane or a dialog

	DiffAdd
	DiffDel
	DiffAddWord // the words of such a line that differ
	DiffDelWord
	LineNumber
	HexOffset
	HexByte
	HexText

	SyntaxKey
	SyntaxString
	SyntaxNumber
	SyntaxBool
	SyntaxNull
	SyntaxComment
	SyntaxPunctuation
	SyntaxTag
	SyntaxAttr
	SyntaxHeading

	roleCount
)

// FadeSteps is how many looks a lit row has, from the strongest to the last.
const FadeSteps = 3

// Lit returns a lit row's look after step fades. first is RowAdded, RowChanged
// or RowRemoved; from FadeSteps-1 on it is the last look.
func Lit(first Role, step int) Role {
	return first + Role(max(0, min(step, FadeSteps-1)))
}
