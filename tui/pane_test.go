package tui

// paneOf returns the model's pane of a type.
func paneOf[P pane](m *Model) P {
	for _, n := range m.panes {
		if p, ok := n.pane.(P); ok {
			return p
		}
	}
	panic("there is no such pane")
}

func locksOf(m *Model) *locksPane     { return paneOf[*locksPane](m) }
func changesOf(m *Model) *changesPane { return paneOf[*changesPane](m) }
func searchOf(m *Model) *searchPane   { return paneOf[*searchPane](m) }
