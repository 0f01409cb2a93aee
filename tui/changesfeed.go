package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/changes"
	"kvist/kv"
	"kvist/tui/tree"
)

func (p *changesPane) feedBegan(_ *Model, b kv.Batch, now time.Time) { p.Begin(b, now) }

// feedChanged records a change with what the tree knew of the key before.
func (p *changesPane) feedChanged(_ *Model, c treeChange) {
	was := changes.Side{Index: c.was.Index, Size: c.was.Size, Flags: kv.KeyFlags(c.was.Flags)}
	if c.swept {
		p.Swept(c.Key, was)
		return
	}
	p.Take(c.Event, changes.Known{Side: was, There: c.what != tree.Added, Preview: c.was.Preview})
}

// feedStopped records that nothing is followed any longer.
func (p *changesPane) feedStopped(m *Model) { p.Stop(m.now()) }

func (p *changesPane) feedEnded(_ *Model, b takenBatch) tea.Cmd {
	p.End(b.Batch)
	return nil
}
