package pixels

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// Count is how many pixels have each colour.
type Count map[color.RGBA]int

// Add counts the pixels of a picture.
func (c Count) Add(picture image.Image) {
	size := picture.Bounds()
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			c[at(picture, x, y)]++
		}
	}
}

// Palette returns the most frequent colours. Each is at least apart from those
// chosen before it, in one of three channels of 256 steps: otherwise the shades
// of one letter's edge would displace a sign that is on the screen once.
func (c Count) Palette(most, apart int) color.Palette {
	var all []color.RGBA
	for one := range c {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b color.RGBA) int {
		return cmp.Or(c[b]-c[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	var palette color.Palette
	for _, one := range all {
		isNear := func(p color.Color) bool { return distance(one, p.(color.RGBA)) < apart } //nolint:forcetypeassert // only such are put in below
		if len(palette) < most && !slices.ContainsFunc(palette, isNear) {
			palette = append(palette, one)
		}
	}
	return palette
}

// distance returns how far two colours are from each other in the channel in
// which they differ most.
func distance(a, b color.RGBA) int {
	channel := func(a, b uint8) int { return max(int(a), int(b)) - min(int(a), int(b)) }
	return max(channel(a.R, b.R), channel(a.G, b.G), channel(a.B, b.B))
}

// Painter draws pictures in the colours of one palette.
type Painter struct {
	palette color.Palette
	near    map[color.RGBA]uint8
}

// NewPainter returns a painter with at most 256 colours.
func NewPainter(palette color.Palette) *Painter {
	return &Painter{palette: palette, near: map[color.RGBA]uint8{}}
}

// Paint returns the picture in the painter's colours; each other colour becomes
// the nearest of these.
func (p *Painter) Paint(from image.Image) *image.Paletted {
	size := from.Bounds()
	to := image.NewPaletted(image.Rectangle{Max: size.Size()}, p.palette)
	for y := range size.Dy() {
		for x := range size.Dx() {
			to.SetColorIndex(x, y, p.nearest(at(from, size.Min.X+x, size.Min.Y+y)))
		}
	}
	return to
}

func (p *Painter) nearest(c color.RGBA) uint8 {
	index, known := p.near[c]
	if !known {
		index = uint8(p.palette.Index(c)) //nolint:gosec // there are at most 256
		p.near[c] = index
	}
	return index
}

// at returns a pixel's colour.
func at(picture image.Image, x, y int) color.RGBA {
	switch p := picture.(type) {
	case *image.RGBA:
		return p.RGBAAt(x, y)
	case *image.Paletted:
		if c, ok := p.Palette[p.ColorIndexAt(x, y)].(color.RGBA); ok {
			return c
		}
	}
	return color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA) //nolint:forcetypeassert // what the model promises
}
