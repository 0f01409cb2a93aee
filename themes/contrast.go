package themes

import (
	"image/color"
	"math"
)

// legible returns the theme with every tint that words are written in moved
// away from its backgrounds until the contrast is at least ratio. The hue
// stays; some colours of published palettes are too faint for words of one
// cell.
func (t Theme) legible(ratio float64) Theme {
	onPanels := []color.Color{t.tints[background], t.tints[statusBack]}
	for i := range t.tints {
		switch tint(i) {
		case background, selection, selectionBlur, statusBack, border:
		case selectionText:
			t.tints[i] = away(t.tints[i], ratio, t.tints[selection])
		case text:
			t.tints[i] = away(t.tints[i], ratio, append(onPanels, t.tints[selectionBlur])...)
		default:
			t.tints[i] = away(t.tints[i], ratio, onPanels...)
		}
	}
	return t
}

// away moves c in small steps towards white or black, whichever is farther from
// the backgrounds, until it contrasts with each.
func away(c color.Color, ratio float64, backs ...color.Color) color.Color {
	end := color.Color(color.White)
	if luminance(backs[0]) > 0.18 { // where black begins to contrast more than white
		end = color.Black
	}
	const steps = 50
	for i := range steps + 1 {
		moved := mix(c, end, float64(i)/steps)
		if worst(moved, backs) >= ratio {
			return moved
		}
	}
	return end
}

func worst(c color.Color, backs []color.Color) float64 {
	least := math.Inf(1)
	for _, b := range backs {
		least = min(least, contrast(c, b))
	}
	return least
}

// contrast returns the ratio that WCAG 2.1 defines, from 1 to 21.
func contrast(a, b color.Color) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance returns the relative luminance of WCAG 2.1, from 0 to 1.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

func linear(v uint32) float64 {
	s := float64(v) / 0xffff
	if s <= 0.04045 {
		return s / 12.92
	}
	return math.Pow((s+0.055)/1.055, 2.4)
}

// mix blends a and b; part 0 is a, 1 is b.
func mix(a, b color.Color, part float64) color.Color {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	at := func(x, y uint32) uint8 {
		return uint8(math.Round((float64(x)*(1-part) + float64(y)*part) / 257))
	}
	return color.RGBA{at(ar, br), at(ag, bg), at(ab, bb), 0xff}
}
