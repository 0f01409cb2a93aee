package main

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The film shows each picture for its time, pixel by pixel, and holds only what
// changed; a picture like the one before only lasts longer.
func TestFilm(t *testing.T) {
	ground, sign := color.RGBA{10, 20, 30, 255}, color.RGBA{200, 0, 0, 255}
	dir := t.TempDir()
	var frames strings.Builder
	var want []image.Image
	for i, signs := range [][]image.Point{{}, {{2, 3}}, {{2, 3}}, {{2, 3}, {5, 4}}, {{5, 4}}, {{0, 1}, {5, 4}, {90, 5}}} {
		picture := image.NewRGBA(image.Rect(0, 0, 99, 7))
		draw.Draw(picture, picture.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
		for _, p := range signs {
			picture.SetRGBA(p.X, p.Y, sign)
		}
		name := filepath.Join(dir, fmt.Sprintf("%d.png", i))
		file, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(file, picture); err != nil {
			t.Fatal(err)
		}
		file.Close()
		fmt.Fprintln(&frames, name, 100*(i+1))
		if i != 2 {
			want = append(want, picture)
		}
	}
	film := play(t, dir, frames.String())
	if !slices.Equal(film.Delay, []int{10, 20 + 30, 40, 50, 60}) || film.LoopCount != 0 {
		t.Errorf("times %v, %d times", film.Delay, film.LoopCount)
	}
	if got := film.Image[2].Bounds(); got != image.Rect(5, 4, 6, 5) {
		t.Errorf("a pixel that changed takes %v", got)
	}
	if _, _, _, alpha := film.Image[4].At(40, 5).RGBA(); alpha != 0 {
		t.Error("a long line that did not change is kept")
	}
	screen := image.NewRGBA(image.Rect(0, 0, film.Config.Width, film.Config.Height))
	for i, part := range film.Image {
		draw.Draw(screen, part.Bounds(), part, part.Bounds().Min, draw.Over)
		each(screen.Rect, func(x, y int) {
			if screen.At(x, y) != want[i].At(x, y) {
				t.Errorf("picture %d, %d,%d is %v, want %v", i, x, y, screen.At(x, y), want[i].At(x, y))
			}
		})
	}
}

// play makes a film and reads it back.
func play(t *testing.T, dir, frames string) *gif.GIF {
	t.Helper()
	name := filepath.Join(dir, "film.gif")
	if err := run(strings.NewReader(frames), name); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	film, err := gif.DecodeAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return film
}

func TestNoFilm(t *testing.T) {
	for _, frames := range []string{"", "a.png", "/nowhere.png 10"} {
		if err := run(strings.NewReader(frames), filepath.Join(t.TempDir(), "film.gif")); err == nil {
			t.Errorf("%q makes a film", frames)
		}
	}
}
