package main

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

func TestShrink(t *testing.T) {
	ground, sign := color.RGBA{10, 20, 30, 255}, color.RGBA{200, 0, 0, 255}
	from := image.NewRGBA(image.Rect(0, 0, 8, 6))
	for y := range 6 {
		for x := range 8 {
			from.SetRGBA(x, y, ground)
		}
	}
	for _, p := range []image.Point{{2, 2}, {3, 2}, {2, 3}, {3, 3}} {
		from.SetRGBA(p.X, p.Y, sign)
	}
	name := filepath.Join(t.TempDir(), "a.png")
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(file, from); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := shrink(name); err != nil {
		t.Fatal(err)
	}
	got := read(t, name)
	if got.Bounds() != image.Rect(0, 0, 4, 3) {
		t.Fatalf("the picture is %v", got.Bounds())
	}
	for y := range 3 {
		for x := range 4 {
			want := ground
			if x == 1 && y == 1 {
				want = sign
			}
			if c := color.RGBAModel.Convert(got.At(x, y)); c != want {
				t.Errorf("%d,%d is %v, want %v", x, y, c, want)
			}
		}
	}
	if info, err := os.Stat(name); err != nil || info.Mode() != 0o644 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func read(t *testing.T, name string) image.Image {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	picture, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return picture
}
