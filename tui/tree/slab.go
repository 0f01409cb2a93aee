package tree

// ref names a node of a slab; 0 names none.
type ref uint32

// slabBits is how many bits of a ref say where in its chunk a node is.
const slabBits = 10

// slab holds the nodes in chunks of 80 KiB without a Go pointer in them, so
// that a million nodes are a thousand things to the garbage collector, none
// of which it looks into. Nothing is moved when it grows, and what is freed
// is used again. The first node stands for none: its sums are zero.
type slab struct {
	chunks []*[1 << slabBits]node
	used   ref // the last that was handed out anew
	free   ref // the first that was given back; left leads to the next
}

// at is the node named r. It stays where it is as long as it is in use.
func (s *slab) at(r ref) *node {
	return &s.chunks[r>>slabBits][r&(1<<slabBits-1)]
}

// take hands out a node that is all zero.
func (s *slab) take() ref {
	if r := s.free; r != 0 {
		n := s.at(r)
		s.free = n.left
		*n = node{}
		return r
	}
	s.used++
	s.reserve(s.used)
	return s.used
}

// reserve makes room for r.
func (s *slab) reserve(r ref) {
	if int(r>>slabBits) == len(s.chunks) {
		s.chunks = append(s.chunks, new([1 << slabBits]node))
	}
}

// give takes a node back.
func (s *slab) give(r ref) {
	*s.at(r) = node{left: s.free}
	s.free = r
}

// each visits all nodes, those given back among them.
func (s *slab) each(visit func(*node)) {
	for r := ref(1); r <= s.used; r++ {
		visit(s.at(r))
	}
}
