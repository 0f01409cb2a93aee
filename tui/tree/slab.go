package tree

// ref names a node of a slab; 0 means none.
type ref uint32

// slabBits is how many bits of a ref are the node's place in its chunk.
const slabBits = 10

// slab holds the nodes in chunks of 80 KiB that contain no Go pointers: a million
// nodes are a thousand objects to the garbage collector, which scans none of
// them. Nodes do not move when the slab grows, and freed nodes are used again.
// The first node means none: its sums are zero.
type slab struct {
	chunks []*[1 << slabBits]node
	used   ref // the last one that was ever handed out
	free   ref // the first free one; left is the next
}

// at returns the node of a ref. It does not move as long as it is in use.
func (s *slab) at(r ref) *node {
	return &s.chunks[r>>slabBits][r&(1<<slabBits-1)]
}

// take returns a zero node.
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

// give frees a node.
func (s *slab) give(r ref) {
	*s.at(r) = node{left: s.free}
	s.free = r
}

// each visits all nodes, free ones too.
func (s *slab) each(visit func(*node)) {
	for r := ref(1); r <= s.used; r++ {
		visit(s.at(r))
	}
}
