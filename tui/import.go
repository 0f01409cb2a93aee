package tui

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/export"
	"kvist/internal/transfer"
)

// askImport asks for the file to import.
func (m *Model) askImport() tea.Cmd {
	about := func(string) string { return "tab completes names" }
	return m.openFilePrompt("Import the file", "", true, about, func(m *Model, file string) tea.Cmd {
		cmd, fault := m.importFile(file)
		if fault != "" {
			m.notice.warn(m.now(), fault)
		}
		return cmd
	})
}

// canImport reports whether keys can be written here.
func (m *Model) canImport() bool { return !m.opts.ReadOnly && m.asOf == nil }

// importFile shows the plan of what the keys of a file make of the store.
func (m *Model) importFile(file string) (tea.Cmd, string) {
	if m.opts.ReadOnly {
		return nil, "This is a read-only profile: nothing can be imported."
	}
	file = homed(file)
	d := &transferDialog{transfers: transfers{file: true}, path: file}
	d.from.Title = clean(filepath.Base(file))
	m.open(d)
	return d.make(m), ""
}

// readExport returns a file as a source, if all of it can be read.
func readExport(ctx context.Context, file string) (*export.Source, error) {
	source := export.FromFile(file, "")
	if err := source.Check(ctx); err != nil {
		return nil, fmt.Errorf("it cannot be imported: %w", err)
	}
	return source, nil
}

// wholePath returns the path of a file from the root on; "" for none.
func wholePath(file string) string {
	whole, err := filepath.Abs(file)
	if file == "" || err != nil {
		return ""
	}
	return whole
}

// atHome returns what opens the destination of a file: unless another one was asked
// for, where its keys are from, if that is in the tree. Else they go below the root.
func (d *transferDialog) atHome(m *Model, h export.Header, open func(context.Context) (*transfer.Site, error)) func(context.Context) (*transfer.Site, error) {
	if d.to != (destination{}) {
		return open
	}
	store, root, prefix := m.store, m.root, m.root
	if strings.HasPrefix(h.Prefix, root) && h.Prefix != "" {
		prefix = h.Prefix
	}
	site := &transfer.Site{Place: transfer.Place{Store: store, Prefix: prefix, Title: placeName(prefix)}, Same: true, Close: func() {}}
	return func(context.Context) (*transfer.Site, error) { return site, nil }
}

// placeName names a place, also the whole store.
func placeName(prefix string) string {
	if prefix == "" {
		return "the top of the store"
	}
	return cleanName(prefix)
}

// askTarget asks below what else the keys of a file are to go.
func (d *transferDialog) askTarget(m *Model) tea.Cmd {
	q := &transferPrompt{transfers: d.transfers, base: m.root}
	q.title = "Import " + d.from.Title + " below"
	q.taken = func(m *Model, to destination) tea.Cmd {
		var shut tea.Cmd
		if site := d.site; site != nil {
			shut = func() tea.Msg {
				site.Close()
				return nil
			}
		}
		d.to, d.site = to, nil
		return tea.Batch(shut, d.make(m))
	}
	q.prompt.done, q.prompt.change = q.accept, q.changed
	q.turn = func() { q.complete(m) }
	text := ""
	if d.site != nil && d.site.Same {
		text = strings.TrimPrefix(d.site.Prefix, m.root)
	}
	cmd := m.openPrompt(&q.prompt, text)
	q.changed(m, text)
	return cmd
}
