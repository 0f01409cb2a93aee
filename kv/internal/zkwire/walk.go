package zkwire

import "context"

const (
	// Width is how many requests for nodes are under way at a time. The server answers those of
	// one session in order, so that it only must never wait for us.
	Width = 256

	// ValueWidth is Width for requests whose answers may hold values of a megabyte each.
	ValueWidth = 32

	// wide is how many names a walk may have found and not visited before it prefers depth to
	// finding more of them. Up to there it goes level by level, so that the first levels are
	// known at once.
	wide = 20_000
)

// Walk visits root and all nodes below it, the first levels first, many at a time. visit gets
// each node as it was read, with its data if data is true, and returns the names of its children
// that are to be visited too. An error of visit ends the walk. visit may wait: nothing more is
// asked meanwhile.
func (p *Pipe) Walk(ctx context.Context, root string, data bool, visit func(Node) ([]string, error)) error {
	width := Width
	if data {
		width = ValueWidth
	}
	found := newResults()
	readers := NewReaders(p)
	defer readers.Close()
	todo := frontier{}
	todo.add("", []string{root})
	for busy := 0; ; {
		if todo.size > Many {
			readers.Grow(ctx)
		}
		if busy <= width/2 { // refilled by half, requests go out together
			for ; busy < width && todo.size > 0; busy++ {
				readers.next().read(todo.take(), data, found.add)
			}
		}
		if busy == 0 {
			return nil
		}
		nodes, err := found.take(ctx)
		if err != nil {
			return err
		}
		busy -= len(nodes)
		for _, n := range nodes {
			below, err := visit(n)
			if err != nil {
				return err
			}
			todo.add(n.Path, below)
		}
	}
}

// frontier is what a walk still has to visit. While it is small, it returns first what was found
// first; then what was found last, which keeps it from growing with the tree.
type frontier struct {
	groups []siblings
	size   int
}

// siblings are children of one node.
type siblings struct {
	parent string
	names  []string
}

func (f *frontier) add(parent string, names []string) {
	if len(names) > 0 {
		f.groups = append(f.groups, siblings{parent, names})
		f.size += len(names)
	}
}

func (f *frontier) take() string {
	i := 0
	if f.size > wide {
		i = len(f.groups) - 1
	}
	g := &f.groups[i]
	node := g.names[0]
	if g.parent != "" {
		node = Join(g.parent, node)
	}
	f.size--
	if g.names = g.names[1:]; len(g.names) == 0 {
		*g = siblings{}
		if i == 0 {
			f.groups = f.groups[1:]
		} else {
			f.groups = f.groups[:i]
		}
	}
	return node
}
