package tui

// thumb returns the rows from from to before to of a scroll bar of h lines that
// shows n rows from row top on. There is no thumb when all rows are in sight. It
// touches an end only when the rows do.
func thumb(top, h, n int) (from, to int) {
	if h <= 0 || n <= h {
		return 0, 0
	}
	size := max(1, h*h/n)
	from = (h - size) * top / (n - h)
	switch {
	case top > 0 && from == 0 && h-size > 1:
		from = 1
	case top < n-h && from == h-size && h-size > 1:
		from--
	}
	return from, from + size
}

// treeBar returns the line right of the tree, a piece for each row: the border, if
// there is one, with the thumb of the scroll bar.
func (m *Model) treeBar(h int, border string) []string {
	from, to := thumb(m.tree.top, h, m.tree.tree.Len())
	if from == to && border == "" {
		return nil
	}
	if border == "" {
		border = " "
	}
	bar := make([]string, h)
	for i := range bar {
		bar[i] = m.look.border.Paint(border)
		if i >= from && i < to {
			bar[i] = m.look.borderFocus.Paint("┃")
		}
	}
	return bar
}

// drawStackedTree draws the tree across the screen, with the scroll bar at its
// right end when there are more rows than fit.
func (m *Model) drawStackedTree(r rect) []string {
	bar := m.treeBar(r.h, "")
	lines := m.tree.view(m, r.w-min(1, len(bar)), r.h)
	for i := range bar {
		lines[i] += bar[i]
	}
	return lines
}
