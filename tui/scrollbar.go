package tui

// thumb is the part of a scroll bar that stands for what is shown: of h lines,
// which show h of n rows from row top on, those from from to before to. There
// is none when all rows are shown. It touches an end only when the rows do.
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

// treeBar is the line at the right of the tree, a piece for each row: the
// border, where there is one, and the thumb of the scroll bar on it.
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
// right end when not all rows are shown.
func (m *Model) drawStackedTree(r rect) []string {
	bar := m.treeBar(r.h, "")
	lines := m.tree.view(m, r.w-min(1, len(bar)), r.h)
	for i := range bar {
		lines[i] += bar[i]
	}
	return lines
}
