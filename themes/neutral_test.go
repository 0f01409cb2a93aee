package themes

import (
	"image/color"
	"testing"
)

// The neutral theme is readable on a dark and on a light background.
func TestNeutralOnEitherGround(t *testing.T) {
	theme := neutralHues().theme(Neutral)
	for i, c := range theme.tints {
		if c == nil {
			continue
		}
		for _, ground := range []color.Color{color.Black, color.White} {
			if ratio := contrast(c, ground); ratio < contrastText {
				t.Errorf("tint %d has a contrast of %.1f to %v", i, ratio, ground)
			}
		}
	}
}
