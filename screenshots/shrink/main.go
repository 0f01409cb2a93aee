package main

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"slices"
)

func main() {
	for _, name := range os.Args[1:] {
		if err := shrink(name); err != nil {
			fmt.Fprintln(os.Stderr, "shrink:", err)
			os.Exit(1)
		}
	}
}

// shrink rewrites one file.
func shrink(name string) error {
	in, err := os.Open(name)
	if err != nil {
		return err
	}
	drawn, err := png.Decode(in)
	if err := cmp.Or(err, in.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	out, err := os.Create(name)
	if err != nil {
		return err
	}
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := cmp.Or(encoder.Encode(out, paletted(halved(drawn))), out.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.Chmod(name, 0o644)
}

// halved returns a picture of half the size; each of its pixels is the mean of
// four.
func halved(from image.Image) *image.RGBA {
	source := image.NewRGBA(image.Rectangle{Max: from.Bounds().Size()})
	draw.Draw(source, source.Bounds(), from, from.Bounds().Min, draw.Src)
	size := source.Bounds().Max.Div(2)
	half := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			at, to := source.PixOffset(2*x, 2*y), half.PixOffset(x, y)
			for i := range 4 {
				sum := int(source.Pix[at+i]) + int(source.Pix[at+4+i]) +
					int(source.Pix[at+source.Stride+i]) + int(source.Pix[at+source.Stride+4+i])
				half.Pix[to+i] = uint8((sum + 2) / 4)
			}
		}
	}
	return half
}

// paletted returns the picture in its most frequent colours; each other colour
// becomes the nearest of these.
func paletted(from *image.RGBA) *image.Paletted {
	near := map[color.RGBA]uint8{}
	palette := frequent(from)
	to := image.NewPaletted(from.Bounds(), palette)
	for y := range from.Bounds().Dy() {
		for x := range from.Bounds().Dx() {
			c := from.RGBAAt(x, y)
			index, known := near[c]
			if !known {
				index = uint8(palette.Index(c))
				near[c] = index
			}
			to.SetColorIndex(x, y, index)
		}
	}
	return to
}

// apart is how far, in each of three channels of 256 steps, a colour must be
// from those chosen before it. Otherwise the shades of one letter's edge would
// displace a sign that is on the screen once.
const apart = 10

// frequent returns the most frequent colours.
func frequent(from *image.RGBA) color.Palette {
	count := map[color.RGBA]int{}
	for y := range from.Bounds().Dy() {
		for x := range from.Bounds().Dx() {
			count[from.RGBAAt(x, y)]++
		}
	}
	var all []color.RGBA
	for c := range count {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	var palette color.Palette
	for _, c := range all {
		isNear := func(p color.Color) bool {
			q := p.(color.RGBA) //nolint:forcetypeassert // only such are put in below
			return max(distance(c.R, q.R), distance(c.G, q.G), distance(c.B, q.B)) < apart
		}
		if len(palette) < 256 && !slices.ContainsFunc(palette, isNear) {
			palette = append(palette, c)
		}
	}
	return palette
}

func distance(a, b uint8) int { return max(int(a), int(b)) - min(int(a), int(b)) }
