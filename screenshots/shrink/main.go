package main

import (
	"cmp"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"

	"kvist/screenshots/pixels"
)

// colours is how many colours a picture has at most, and apart how far they are
// from each other.
const colours, apart = 256, 10

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
	drawn, err := pixels.Read(name)
	if err != nil {
		return err
	}
	half := halved(drawn)
	count := pixels.Count{}
	count.Add(half)
	out, err := os.Create(name)
	if err != nil {
		return err
	}
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	picture := pixels.NewPainter(count.Palette(colours, apart)).Paint(half)
	if err := cmp.Or(encoder.Encode(out, picture), out.Close()); err != nil {
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
