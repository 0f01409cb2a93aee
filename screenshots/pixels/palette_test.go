package pixels

import (
	"image"
	"image/color"
	"testing"
)

// With more colours than a palette holds, each becomes one near to it.
func TestManyColours(t *testing.T) {
	const apart = 10
	from := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			from.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), 0, 255})
		}
	}
	count := Count{}
	count.Add(from)
	to := NewPainter(count.Palette(256, apart)).Paint(from)
	for y := range 64 {
		for x := range 64 {
			if c := at(to, x, y); distance(c, from.RGBAAt(x, y)) >= apart {
				t.Fatalf("%d,%d became %v", x, y, c)
			}
		}
	}
}
