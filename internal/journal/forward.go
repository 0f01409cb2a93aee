package journal

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// forward calls see with each line of the files from a place on that has a text in
// it, until it returns false. Foreign lines are passed over. A line is valid until see returns,
// but for its texts.
func (j *Journal) forward(from place, text string, see func(l *line, at place) bool) error {
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
		more, err := forwardIn(filepath.Join(j.dir, fileName(n)), place{n, start}, text, see)
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
func forwardIn(path string, from place, having string, see func(*line, place) bool) (more bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if _, err := f.Seek(from.Byte, io.SeekStart); err != nil {
		return false, err
	}
	in := bufio.NewReaderSize(f, blockSize)
	var d decoder
	var l line
	var buf []byte
	for at := from; ; {
		text, length, err := readLine(in, buf[:0])
		if errors.Is(err, io.EOF) && length == 0 {
			return true, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		if bytes.Contains(text, []byte(having)) && d.decode(text, &l) && !see(&l, at) {
			return false, nil
		}
		at.Byte += length
		if buf = text; cap(buf) > longText {
			buf = nil
		}
	}
}

// longText is how long a line's buffer may be to be kept for the next one.
const longText = 1 << 20

// readLine reads a line, behind text, and returns how long it is with its end; the
// text of one that is too long is cut off.
func readLine(in *bufio.Reader, text []byte) (_ []byte, length int64, err error) {
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
