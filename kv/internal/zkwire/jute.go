package zkwire

import (
	"encoding/binary"

	"github.com/go-zookeeper/zk"
)

// writer holds fields as they are written in the encoding that ZooKeeper calls jute: numbers are
// big-endian, and bytes follow their length.
type writer []byte

func (w *writer) int(v int32) { *w = binary.BigEndian.AppendUint32(*w, uint32(v)) }

func (w *writer) long(v int64) { *w = binary.BigEndian.AppendUint64(*w, uint64(v)) }

func (w *writer) bool(v bool) {
	if v {
		*w = append(*w, 1)
	} else {
		*w = append(*w, 0)
	}
}

func (w *writer) buffer(b []byte) {
	w.int(int32(len(b)))
	*w = append(*w, b...)
}

func (w *writer) string(s string) { w.buffer([]byte(s)) }

// watchable returns the fields of a request that can set a watch.
func watchable(path string, watch bool) writer {
	fields := make(writer, 0, len(path)+5)
	fields.string(path)
	fields.bool(watch)
	return fields
}

// reader reads fields. Its short is set once there were too few bytes.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.short, r.rest = true, nil
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) int() int32 {
	b := r.take(4)
	if b == nil {
		return 0
	}
	return int32(binary.BigEndian.Uint32(b))
}

func (r *reader) long() int64 {
	b := r.take(8)
	if b == nil {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b))
}

func (r *reader) buffer() []byte {
	n := r.int()
	if n < 0 { // null
		return nil
	}
	return r.take(int(n))
}

func (r *reader) string() string { return string(r.buffer()) }

// stat reads a node's stat.
func (r *reader) stat() *zk.Stat {
	return &zk.Stat{
		Czxid: r.long(), Mzxid: r.long(), Ctime: r.long(), Mtime: r.long(),
		Version: r.int(), Cversion: r.int(), Aversion: r.int(),
		EphemeralOwner: r.long(), DataLength: r.int(), NumChildren: r.int(), Pzxid: r.long(),
	}
}

// acl reads an ACL.
func (r *reader) acl() []zk.ACL {
	var acl []zk.ACL
	r.each(func() { acl = append(acl, zk.ACL{Perms: r.int(), Scheme: r.string(), ID: r.string()}) })
	return acl
}

// names reads a list of names. All of them share one string.
func (r *reader) names() []string {
	n := int(r.int())
	if n <= 0 || n > len(r.rest)/4 {
		r.short = r.short || n > 0
		return nil
	}
	shared := string(r.rest)
	whole := len(r.rest)
	names := make([]string, n)
	for i := range names {
		size := len(r.take(int(r.int())))
		end := whole - len(r.rest)
		if r.short {
			return nil
		}
		names[i] = shared[end-size : end]
	}
	return names
}

// skip skips bytes that must be there, even if there are none of them.
func (r *reader) skip() { r.take(int(r.int())) }

// each skips a list, whose elements have at least four bytes.
func (r *reader) each(element func()) {
	n := int(r.int())
	if n < 0 || n > len(r.rest)/4 {
		r.short = true
	}
	for ; n > 0 && !r.short; n-- {
		element()
	}
}

// checked returns ErrBadAnswer if there were too few bytes.
func (r *reader) checked() error {
	if r.short {
		return ErrBadAnswer
	}
	return nil
}
