package themes

import (
	"charm.land/bubbles/v2/progress"
)

// Bar draws a progress bar of w cells with its percentage, for a share from 0
// to 1. It is bubbles' bar, in the looks of the roles for what is done and what
// is left.
func (s *Styles) Bar(w int, share float64, under, left Role) string {
	bar := progress.New(progress.WithWidth(w), progress.WithFillCharacters('█', '░'))
	bar.FullColor = s.styles[under].GetForeground()
	bar.EmptyColor = s.styles[left].GetForeground()
	bar.PercentageStyle = s.styles[left]
	return bar.ViewAs(share)
}
