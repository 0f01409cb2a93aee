package kv

import "encoding/binary"

// juteWriter is fields being written, in the encoding that ZooKeeper calls
// jute: big-endian numbers, and bytes after their number.
type juteWriter []byte

func (p *juteWriter) int(v int32) { *p = binary.BigEndian.AppendUint32(*p, uint32(v)) }

func (p *juteWriter) long(v int64) { *p = binary.BigEndian.AppendUint64(*p, uint64(v)) }

func (p *juteWriter) bool(v bool) {
	if v {
		*p = append(*p, 1)
	} else {
		*p = append(*p, 0)
	}
}

func (p *juteWriter) buffer(b []byte) {
	p.int(int32(len(b)))
	*p = append(*p, b...)
}

func (p *juteWriter) string(s string) { p.buffer([]byte(s)) }

// juteReader is fields being read; short is set when there were too few bytes.
type juteReader struct {
	rest  []byte
	short bool
}

func (f *juteReader) take(n int) []byte {
	if n < 0 || n > len(f.rest) {
		f.short, f.rest = true, nil
		return nil
	}
	b := f.rest[:n]
	f.rest = f.rest[n:]
	return b
}

func (f *juteReader) int() int32 {
	b := f.take(4)
	if b == nil {
		return 0
	}
	return int32(binary.BigEndian.Uint32(b))
}

func (f *juteReader) long() int64 {
	b := f.take(8)
	if b == nil {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b))
}

func (f *juteReader) buffer() []byte {
	n := f.int()
	if n < 0 { // null
		return nil
	}
	return f.take(int(n))
}

func (f *juteReader) string() string { return string(f.buffer()) }
