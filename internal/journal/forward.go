package journal

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// forward calls see with each line of the files from a place on, until it
// returns false. Foreign lines are passed over.
func (j *Journal) forward(from place, see func(l *line, at place) bool) error {
	numbers, err := files(j.dir)
	if err != nil {
		return err
	}
	for _, n := range numbers {
		if n < from.File {
			continue
		}
		start := int64(0)
		if n == from.File {
			start = from.Byte
		}
		more, err := forwardIn(filepath.Join(j.dir, fileName(n)), n, start, see)
		if err != nil || !more {
			return err
		}
	}
	for _, l := range j.inMemory() {
		if !see(&l, place{}) {
			break
		}
	}
	return nil
}

// forwardIn is forward in one file.
func forwardIn(path string, n int, start int64, see func(*line, place) bool) (more bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if _, err := f.Seek(start, io.SeekStart); err != nil {
		return false, err
	}
	in := bufio.NewReaderSize(f, blockSize)
	for at := start; ; {
		text, length, err := readLine(in)
		if errors.Is(err, io.EOF) && length == 0 {
			return true, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		var l line
		if json.Unmarshal(text, &l) == nil && l.V >= 1 && l.V <= version && !see(&l, place{n, at}) {
			return false, nil
		}
		at += length
	}
}

// readLine reads a line and returns how long it is with its end; the text of
// one that is too long is cut off.
func readLine(in *bufio.Reader) (text []byte, length int64, err error) {
	for {
		part, err := in.ReadSlice('\n')
		length += int64(len(part))
		if len(text) <= lineMost {
			text = append(text, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, length, err
		}
	}
}
