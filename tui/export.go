package tui

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/internal/export"
	"kvist/internal/transfer"
	"kvist/keymap"
	"kvist/kv"
)

// canExport reports whether there is something to export.
func (m *Model) canExport() bool {
	_, ok := m.targets()
	return ok
}

// askExport asks for the file to export what is marked, or under the cursor, to.
func (m *Model) askExport() tea.Cmd {
	if cmd, settled := m.settleMarks(); !settled {
		return cmd
	}
	t, ok := m.targets()
	if !ok {
		m.notice.warn(m.now(), "there is nothing here to export")
		return nil
	}
	file := "export"
	if row, one := t.one(); one {
		file = fileNameOf(row.Key)
	}
	if m.asOf != nil {
		file += "-" + m.asOf.name()
	}
	what := "export " + t.words() + m.asOf.title()
	return m.openFilePrompt("Export "+t.words()+m.asOf.title()+" to the file", file+".jsonl", false, formatSaid, func(m *Model, file string) tea.Cmd {
		d := &exportDialog{what: what, file: file, out: m.exportOf(t)}
		d.out.Format = export.ByName(file)
		m.open(d)
		return d.run(m, false)
	})
}

// fileNameOf returns the last part of a key as a file is called that people type.
func fileNameOf(key string) string {
	key = strings.TrimSuffix(key, "/")
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-_.", r):
			return r
		}
		return '_'
	}, strings.TrimPrefix(key, dirOf(key)))
	return cmp.Or(strings.TrimLeft(name[:min(len(name), fileNameMax)], ".-"), "export")
}

// fileNameMax is the most bytes of a name that is filled in.
const fileNameMax = 60

// formatSaid says which format the name of a file means.
func formatSaid(file string) string {
	const others = "\n.jsonl everything, byte for byte; .yaml the same for people; .json as consul kv export; .sh etcdctl; .zkcli zkCli.sh; a name that ends in /: a file for each key. tab completes directories"
	return map[export.Format]string{
		export.JSONLines: "JSON lines", export.Consul: "JSON, as consul kv export writes it", export.YAML: "YAML",
		export.Directory: "a directory with a file for each key", export.Etcdctl: "commands for etcdctl, which cannot be imported",
		export.ZkCli: "commands for zkCli.sh, which cannot be imported",
	}[export.ByName(file)] + others
}

// exportOf returns the export of targets, as they are read now. One folder or key is
// the prefix that its keys are named below; several are named below the root.
func (m *Model) exportOf(t targets) *export.Out {
	if row, one := t.one(); one {
		place := transfer.Place{Store: m.store, Prefix: row.Key}
		return &export.Out{Source: transfer.FromStore(place), Header: export.HeaderOf(m.store, row.Key)}
	}
	return &export.Out{Source: &marked{store: m.store, dir: m.root, targets: t}, Header: export.HeaderOf(m.store, m.root)}
}

// marked are targets as a source. There may be very many, so that they are gone
// through when they are read.
type marked struct {
	transfer.Source
	store   kv.Store
	dir     string
	targets targets
}

// Nature implements transfer.Source.
func (s *marked) Nature() kv.Nature { return kv.NatureOf(s.store) }

// Read implements transfer.Source.
func (s *marked) Read(ctx context.Context, visit func([]transfer.Item) error) (unseen, err error) {
	var roots []transfer.Root
	for one := range s.targets.all() {
		roots = append(roots, transfer.Root{Key: one.Key, Below: one.folder, Flags: kv.KeyFlags(one.Flags)})
	}
	return transfer.Among(s.store, s.dir, roots).Read(ctx, visit)
}

// exportDialog shows how far an export is, and asks before it replaces a file.
type exportDialog struct {
	what, file string
	out        *export.Out
	asks       bool // whether to replace what is there
	running    bool
	err        error
	keys       atomic.Int64 // that were written; set by the command
	cancel     context.CancelFunc
	viewport
}

// run writes the file.
func (d *exportDialog) run(m *Model, replace bool) tea.Cmd {
	ctx, cancel := context.WithCancel(m.ctx)
	d.running, d.asks, d.cancel = true, false, cancel
	d.keys.Store(0)
	out, file := *d.out, d.file
	out.Progress = func(n int) { d.keys.Store(int64(n)) }
	return tea.Batch(func() tea.Msg {
		defer cancel()
		r := exported{dialog: d}
		r.err = out.File(ctx, file, replace)
		r.keys, r.left, r.lost = out.Keys, out.Left, out.LostWords()
		if full, err := filepath.Abs(file); err == nil {
			file = full
		}
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			r.size = sized(info.Size())
		}
		r.file = file
		return r
	}, m.watch(d))
}

// exported is the result of an export.
type exported struct {
	dialog     *exportDialog
	keys, left int
	file, size string // size is "" for what is no file
	lost       string // what the format has no place for
	err        error
}

func (r exported) apply(m *Model) tea.Cmd {
	d := r.dialog
	d.running = false
	switch {
	case errors.Is(r.err, fs.ErrExist):
		d.asks = true
		return nil
	case errors.Is(r.err, context.Canceled):
		m.close(d)
		m.notice.warn(m.now(), "stopped: nothing was written to "+clean(d.file))
		return nil
	case r.err != nil:
		d.err = r.err
		return nil
	}
	m.close(d)
	said := "exported " + plural(r.keys, "key") + " to " + clean(r.file)
	if r.size != "" {
		said += ", " + r.size
	}
	if r.left > 0 {
		said += "; " + grouped(r.left) + " left out: ephemeral, or places in the queues of locks"
	}
	if r.lost != "" {
		m.notice.warn(m.now(), said+"; the format has no place for "+r.lost)
		return nil
	}
	m.notice.say(m.now(), said)
	return nil
}

func (d *exportDialog) scope() keymap.Scope { return keymap.ScopeConfirm }

func (d *exportDialog) underWay() bool { return d.running }

func (d *exportDialog) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	switch {
	case d.moved(a):
	case d.running && a == keymap.DialogCancel:
		d.cancel() // the result closes it
	case d.asks && says(a, true):
		return d.run(m, true), true
	case d.asks && says(a, false):
		m.close(d)
		m.notice.warn(m.now(), "nothing was exported")
	case !d.running && a == keymap.DialogCancel:
		m.close(d)
	default:
		return nil, says(a, true) || says(a, false)
	}
	return nil, true
}

func (d *exportDialog) lay(m *Model, w, h int) { d.fit(len(d.lines(m, w)), h-2) }

func (d *exportDialog) lines(m *Model, w int) []string {
	w = min(w, promptWidth)
	switch {
	case d.asks:
		return m.paragraph(m.look.text, clean(d.file)+" is there already. Replace it?", w)
	case d.err != nil:
		return append(m.paragraph(m.look.text, d.what+" to "+clean(d.file)+" failed; nothing was written there.", w), m.paragraph(m.look.warn, explain.Error(d.err), w)...)
	}
	return append(m.paragraph(m.look.text, d.what+" to "+clean(d.file), w), m.look.muted.Paint(plural(int(d.keys.Load()), "key")+" written"))
}

func (d *exportDialog) view(m *Model, w, _ int) dialogView {
	v := dialogView{title: "Export", wanted: min(w, promptWidth), danger: d.asks}
	keys := m.namedKeys(keymap.ScopeConfirm, named{keymap.DialogCancel, "close"})
	switch {
	case d.asks:
		keys = m.keyLine(keymap.ScopeConfirm)
	case d.running:
		keys = m.namedKeys(keymap.ScopeConfirm, named{keymap.DialogCancel, "stop"})
	}
	v.lines = append(v.lines, d.lines(m, w)[d.top:d.end()]...)
	return dialogWith(v, m.moreBelow(d.count-d.end()), keys)
}
