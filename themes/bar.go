package themes

import (
	"charm.land/bubbles/v2/progress"
)

// Bar draws how far something has come, from 0 to 1, in a bar of w cells with
// its percentage. It is bubbles' bar, in the colours of what is under way and
// of what is left.
func (s *Styles) Bar(w int, share float64, under, left Role) string {
	bar := progress.New(progress.WithWidth(w), progress.WithFillCharacters('█', '░'))
	bar.FullColor = s.styles[under].GetForeground()
	bar.EmptyColor = s.styles[left].GetForeground()
	bar.PercentageStyle = s.styles[left]
	return bar.ViewAs(share)
}
