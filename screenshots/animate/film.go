package main

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"slices"

	"kvist/screenshots/pixels"
)

const (
	// colours is how many a GIF may have besides the one that lets the picture
	// below through.
	colours = 255
	// apart is how far colours are from each other: fewer shades of the edges of
	// letters make a smaller file.
	apart = 20
	// longRun is how many pixels side by side have to be unchanged to be left out.
	// Gaps within a changed letter would cost more than they save.
	longRun = 32
)

// shot is one picture and for how long it is shown, in hundredths of a second.
type shot struct {
	picture image.Image
	time    int
}

func newShot(name string, milliseconds int) (shot, error) {
	picture, err := pixels.Read(name)
	return shot{picture, milliseconds / 10}, err
}

// filmed returns the film of the shots, which runs again and again.
func filmed(shots []shot) (*gif.GIF, error) {
	if len(shots) == 0 {
		return nil, errors.New("there are no pictures")
	}
	size := shots[0].picture.Bounds().Size()
	count := pixels.Count{}
	for i, s := range shots {
		if got := s.picture.Bounds().Size(); got != size {
			return nil, fmt.Errorf("picture %d has the size %v, the first one %v", i, got, size)
		}
		count.Add(s.picture)
	}
	// The transparent colour comes last, so that no pixel is nearest to it.
	opaque := count.Palette(colours, apart)
	palette := slices.Concat(opaque, color.Palette{color.RGBA{}})
	painter := pixels.NewPainter(opaque)
	film := &gif.GIF{Config: image.Config{ColorModel: palette, Width: size.X, Height: size.Y}}
	var before *image.Paletted
	for _, s := range shots {
		now := painter.Paint(s.picture)
		changed := now
		if before != nil {
			changed = since(before, now, uint8(len(opaque))) //nolint:gosec // at most 255
		}
		before = now
		if changed == nil { // it is shown for longer
			film.Delay[len(film.Delay)-1] += s.time
			continue
		}
		changed.Palette = palette
		film.Image, film.Delay = append(film.Image, changed), append(film.Delay, s.time)
		film.Disposal = append(film.Disposal, gif.DisposalNone)
	}
	return film, nil
}

// since returns the smallest rectangle of now with everything that differs from
// before; long runs of pixels in it that do not differ are of the colour that
// lets the picture below through. It returns nil if nothing differs.
func since(before, now *image.Paletted, through uint8) *image.Paletted {
	var differs image.Rectangle
	each(now.Rect, func(x, y int) {
		if before.ColorIndexAt(x, y) != now.ColorIndexAt(x, y) {
			differs = differs.Union(image.Rect(x, y, x+1, y+1))
		}
	})
	if differs.Empty() {
		return nil
	}
	part := image.NewPaletted(differs, now.Palette)
	same := 0 // pixels up to this one
	each(differs, func(x, y int) {
		index := now.ColorIndexAt(x, y)
		part.SetColorIndex(x, y, index)
		if before.ColorIndexAt(x, y) == index {
			same++
		} else {
			same = 0
		}
		if x == differs.Min.X { // a run ends with its line
			same = min(same, 1)
		}
		switch {
		case same == longRun:
			for i := range longRun {
				part.SetColorIndex(x-i, y, through)
			}
		case same > longRun:
			part.SetColorIndex(x, y, through)
		}
	})
	return part
}

// each calls do for each pixel of a rectangle.
func each(r image.Rectangle, do func(x, y int)) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			do(x, y)
		}
	}
}
