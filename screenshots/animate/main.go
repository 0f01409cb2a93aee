package main

import (
	"bufio"
	"cmp"
	"fmt"
	"image/gif"
	"io"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: animate FILE <FRAMES")
		os.Exit(2)
	}
	if err := run(os.Stdin, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "animate:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, name string) error {
	shots, err := read(in)
	if err != nil {
		return err
	}
	film, err := filmed(shots)
	if err != nil {
		return err
	}
	out, err := os.Create(name)
	if err != nil {
		return err
	}
	return cmp.Or(gif.EncodeAll(out, film), out.Close())
}

// read reads the names and times of the pictures, and the pictures.
func read(in io.Reader) ([]shot, error) {
	var shots []shot
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var name string
		var milliseconds int
		if _, err := fmt.Sscan(lines.Text(), &name, &milliseconds); err != nil {
			return nil, fmt.Errorf("%q is not the name of a picture and its milliseconds", lines.Text())
		}
		s, err := newShot(name, milliseconds)
		if err != nil {
			return nil, err
		}
		shots = append(shots, s)
	}
	return shots, lines.Err()
}
