package themes

// Role is something on the screen that has a look of its own.
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

	Folder
	Count
	Match
	RowSelected     // the cursor's row in the pane that has the focus
	RowSelectedBlur // the cursor's row in another pane
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
	DialogBorder
	Button
	ButtonFocus
	Input
	Placeholder
	HelpKey
	HelpText
	HelpTitle // a heading within a pane or a dialog

	DiffAdd
	DiffDel
	DiffAddWord // what differs in such a line from the one in its place
	DiffDelWord
	DiffContext
	DiffHunk
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

// Lit is a lit row's look after it faded step times: RowAdded, RowChanged or
// RowRemoved first, and from FadeSteps-1 on the last look.
func Lit(first Role, step int) Role {
	return first + Role(max(0, min(step, FadeSteps-1)))
}
