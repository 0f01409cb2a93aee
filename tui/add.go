package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/kv"
)

// canAdd reports whether keys can be added.
func (m *Model) canAdd() bool { return !m.opts.ReadOnly }

// addKey asks for the name of a new key, then opens an editor for its value.
func (m *Model) addKey() tea.Cmd {
	if m.opts.ReadOnly {
		return m.refuse("This is a read-only profile: nothing can be added.")
	}
	if m.editor != nil {
		return m.backToEditor(false)
	}
	hint := ""
	if _, ok := kv.As[kv.DirectoryMaker](m.store); ok {
		hint = "a name that ends in / makes a folder"
	}
	p := &prompt{title: "Add a key", hint: hint, fixed: cleanName(m.opts.Prefix)}
	place := m.placeForNew()
	p.done = func(m *Model, name string) tea.Cmd {
		if name == place { // an enter too soon names nothing
			name = ""
		}
		return p.added(m, name)
	}
	p.change = func(m *Model, name string) tea.Cmd {
		p.hint = hint
		if why := kv.WhyHidden(m.store, m.opts.Prefix, kv.KeyIn(m.store, m.opts.Prefix, name)); why != "" {
			p.hint = "it will not be in the tree: " + why
		}
		return nil
	}
	return m.openPrompt(p, place)
}

// placeForNew returns the folder that a new key probably goes into, as the tree
// names it: nothing is added outside the opened prefix.
func (m *Model) placeForNew() string {
	row, ok := m.tree.row()
	if !ok {
		return ""
	}
	key := m.below(row.Key)
	if row.IsFolder {
		return key + "/"
	}
	return key[:strings.LastIndexByte(key, '/')+1]
}

// added takes the name of a new key, relative to the opened prefix.
func (p *prompt) added(m *Model, name string) tea.Cmd {
	maker, folders := kv.As[kv.DirectoryMaker](m.store)
	folder := folders && strings.HasSuffix(name, "/")
	if name == "" {
		p.fault = "A key needs a name."
		return nil
	}
	name = kv.KeyIn(m.store, m.opts.Prefix, name)
	if _, ok := m.tree.tree.Lookup(name); ok && !folder {
		p.fault = "This key already exists."
		return nil
	}
	if limits, ok := kv.As[kv.WriteChecker](m.store); ok && !folder {
		if err := limits.CheckWrite(name, nil); err != nil {
			p.fault = explain.Error(err)
			return nil
		}
	}
	if folder {
		return m.makeFolder(maker, name)
	}
	if d, ok := m.draftOf(name); ok {
		return m.resume(d, nil, false)
	}
	return m.editIn(newEdit(name, nil), nil)
}

// makeFolder makes an empty directory.
func (m *Model) makeFolder(maker kv.DirectoryMaker, name string) tea.Cmd {
	return m.permit(func(m *Model) tea.Cmd {
		return func() tea.Msg {
			ctx, cancel := m.timeout()
			defer cancel()
			return folderMade{name, maker.MakeDirectory(ctx, name)}
		}
	})
}

// folderMade is the result of makeFolder.
type folderMade struct {
	name string
	err  error
}

func (r folderMade) apply(m *Model) tea.Cmd {
	if r.err != nil {
		m.notice.fail(m.now(), r.err)
		return nil
	}
	m.tree.seek(m, strings.TrimSuffix(r.name, "/"))
	m.notice.say(m.now(), "made the folder "+cleanName(r.name))
	return nil
}
