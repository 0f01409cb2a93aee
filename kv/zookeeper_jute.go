package kv

import (
	"encoding/binary"

	"github.com/go-zookeeper/zk"
)

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

// stat reads what is known of a node.
func (f *juteReader) stat() *zk.Stat {
	return &zk.Stat{
		Czxid: f.long(), Mzxid: f.long(), Ctime: f.long(), Mtime: f.long(),
		Version: f.int(), Cversion: f.int(), Aversion: f.int(),
		EphemeralOwner: f.long(), DataLength: f.int(), NumChildren: f.int(), Pzxid: f.long(),
	}
}

// names reads a list of names. They share one string.
func (f *juteReader) names() []string {
	n := int(f.int())
	if n <= 0 || n > len(f.rest)/4 {
		f.short = f.short || n > 0
		return nil
	}
	shared := string(f.rest)
	whole := len(f.rest)
	names := make([]string, n)
	for i := range names {
		size := len(f.take(int(f.int())))
		end := whole - len(f.rest)
		if f.short {
			return nil
		}
		names[i] = shared[end-size : end]
	}
	return names
}

// checked is the error of a reader that was short of bytes.
func (f *juteReader) checked() error {
	if f.short {
		return errZkBadAnswer
	}
	return nil
}
