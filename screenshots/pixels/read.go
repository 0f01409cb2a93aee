package pixels

import (
	"cmp"
	"fmt"
	"image"
	"image/png"
	"os"
)

// Read reads a PNG file.
func Read(name string) (image.Image, error) {
	in, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	picture, err := png.Decode(in)
	if err := cmp.Or(err, in.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return picture, nil
}
