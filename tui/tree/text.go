package tree

import "unsafe"

// Segments that are too long for their nodes are stored in pages of blocks of one
// size. A freed block returns to its page, and a page without blocks can serve
// any size again: churn cannot make the store grow beyond what is in use and a
// part of a page for each size.
const (
	unit      = 8 // bytes; all block sizes are multiples of it
	pageUnits = 512
	chunkPage = 16 // pages in a chunk, which Go allocates at once
	chunkSize = chunkPage * pageUnits * unit

	textSizes = 32  // of blocks
	longText  = 255 // the length that means: the text is stored apart
)

// texts stores the longer segments out of the garbage collector's sight, except
// those of 255 bytes and more, which are rare.
type texts struct {
	chunks []*[chunkSize]byte
	pages  []page                // of all chunks; the first one means none
	open   [textSizes + 1]uint32 // the first page with room, by size in units
	empty  uint32                // the first page without blocks

	long     []string
	longFree []uint32
}

// page describes a page. A block is named by its first unit.
type page struct {
	next, prev uint32 // pages of the same size with room, or empty pages
	free       uint16 // the first free block, plus one; it holds the next
	fresh      uint16 // the first unit that was never used
	live       uint16 // blocks in use
	size       uint16 // of a block, in units
}

// full reports whether the page has no room for a block.
func (p *page) full() bool { return p.free == 0 && p.fresh+p.size > pageUnits }

// put stores s, which is not empty, and returns its name for get and drop.
func (x *texts) put(s string) (at uint32, length uint8) {
	if len(s) >= longText {
		return x.putLong(s), longText
	}
	at = x.take(uint32(len(s)+unit-1) / unit)
	copy(x.room(at), s)
	return at, uint8(len(s))
}

// get returns a stored text, which is valid until it is dropped.
func (x *texts) get(at uint32, length uint8) string {
	if length == longText {
		return x.long[at]
	}
	return unsafe.String(&x.room(at)[0], length)
}

// drop forgets the text.
func (x *texts) drop(at uint32, length uint8) {
	if length == longText {
		x.long[at] = ""
		x.longFree = append(x.longFree, at)
		return
	}
	x.give(at)
}

// putLong stores a text that is too long for a page.
func (x *texts) putLong(s string) uint32 {
	s = string([]byte(s)) // s may be a part of a long key, which must not be kept
	if n := len(x.longFree); n > 0 {
		at := x.longFree[n-1]
		x.longFree = x.longFree[:n-1]
		x.long[at] = s
		return at
	}
	x.long = append(x.long, s)
	return uint32(len(x.long) - 1)
}

// room returns the bytes from the unit at on, to the end of the chunk.
func (x *texts) room(at uint32) []byte {
	return x.chunks[at/(chunkPage*pageUnits)][at%(chunkPage*pageUnits)*unit:]
}

// take returns a free block of a size.
func (x *texts) take(size uint32) (at uint32) {
	i := x.open[size]
	if i == 0 {
		i = x.newPage()
		x.pages[i] = page{size: uint16(size)}
		x.link(&x.open[size], i)
	}
	p := &x.pages[i]
	at = i * pageUnits
	if p.free != 0 {
		at += uint32(p.free - 1)
		block := x.room(at)
		p.free = uint16(block[0]) | uint16(block[1])<<8
	} else {
		at += uint32(p.fresh)
		p.fresh += p.size
	}
	p.live++
	if p.full() {
		x.unlink(&x.open[size], i)
	}
	return at
}

// give frees a block.
func (x *texts) give(at uint32) {
	i := at / pageUnits
	p := &x.pages[i]
	first := &x.open[p.size]
	if p.full() {
		x.link(first, i)
	}
	block := x.room(at)
	block[0], block[1] = byte(p.free), byte(p.free>>8)
	p.free = uint16(at%pageUnits) + 1
	p.live--
	if p.live == 0 {
		x.unlink(first, i)
		x.link(&x.empty, i)
	}
}

// newPage returns an empty page.
func (x *texts) newPage() uint32 {
	if x.empty == 0 {
		x.chunks = append(x.chunks, new([chunkSize]byte))
		if len(x.pages) == 0 {
			x.pages = append(x.pages, page{})
		}
		for len(x.pages) < len(x.chunks)*chunkPage {
			x.pages = append(x.pages, page{})
			x.link(&x.empty, uint32(len(x.pages)-1))
		}
	}
	i := x.empty
	x.unlink(&x.empty, i)
	return i
}

// link inserts page i at the head of a list.
func (x *texts) link(first *uint32, i uint32) {
	p := &x.pages[i]
	p.prev, p.next = 0, *first
	if p.next != 0 {
		x.pages[p.next].prev = i
	}
	*first = i
}

// unlink removes page i from a list.
func (x *texts) unlink(first *uint32, i uint32) {
	p := &x.pages[i]
	if p.prev != 0 {
		x.pages[p.prev].next = p.next
	} else {
		*first = p.next
	}
	if p.next != 0 {
		x.pages[p.next].prev = p.prev
	}
	p.next, p.prev = 0, 0
}
