package journal

import (
	"bytes"
	"errors"
	"io"
	"os"
)

const (
	blockSize = 64 << 10
	// lineMost bounds a line that is read. It holds the greatest value that
	// any store takes, before and after a write, in base64.
	lineMost = 64 << 20
)

// backward reads the lines of a file from its end on.
type backward struct {
	f     *os.File
	at    int64  // where rest begins in the file; what is before is still to be read
	rest  []byte // the lines that are read and not yet returned
	huge  bool   // the line that ends here is too long; its end is not in rest
	ended bool   // the first line was returned
}

func newBackward(f *os.File, size int64) *backward { return &backward{f: f, at: size} }

// line returns the line before the last one returned, without its line end,
// and where it begins; io.EOF before the first line. The text of a line that
// is too long is nil.
func (b *backward) line() (text []byte, at int64, err error) {
	for {
		if i := bytes.LastIndexByte(b.rest, '\n'); i >= 0 {
			text, b.rest = b.rest[i+1:], b.rest[:i]
			return b.whole(text), b.at + int64(i) + 1, nil
		}
		switch {
		case b.ended:
			return nil, 0, io.EOF
		case b.at == 0:
			b.ended = true
			text, b.rest = b.rest, nil
			return b.whole(text), 0, nil
		}
		if err := b.read(); err != nil {
			return nil, 0, err
		}
	}
}

// whole returns text, or nil where that is the beginning of a line that was
// too long.
func (b *backward) whole(text []byte) []byte {
	if b.huge {
		b.huge = false
		return nil
	}
	return text
}

// read puts what stands before rest in front of it: the more, the longer the
// line is, so that a long one is not copied for each of its blocks.
func (b *backward) read() error {
	if len(b.rest) > lineMost {
		b.rest, b.huge = nil, true
	}
	n := min(b.at, max(blockSize, int64(len(b.rest))))
	joined := make([]byte, n+int64(len(b.rest)))
	if _, err := b.f.ReadAt(joined[:n], b.at-n); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	copy(joined[n:], b.rest)
	b.at, b.rest = b.at-n, joined
	return nil
}
