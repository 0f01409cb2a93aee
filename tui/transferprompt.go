package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/internal/nearest"
	"kvist/internal/transfer"
	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

// transfers is a way to bring keys from one place to another, or from a file.
type transfers struct{ move, rename, file bool }

// verb returns what it does, as plans are titled.
func (t transfers) verb() string {
	switch {
	case t.rename:
		return "rename"
	case t.move:
		return "move"
	case t.file:
		return "import"
	}
	return "copy"
}

// done returns the verb for what was done.
func (t transfers) done() string {
	return map[string]string{"rename": "renamed", "move": "moved", "copy": "copied", "import": "imported"}[t.verb()]
}

// can reports whether the key under the cursor can be brought anywhere. A store that
// refuses writes can still be read.
func (t transfers) can(m *Model) bool {
	row, ok := m.subject()
	ok = ok && !row.Ghost || m.marksCount()
	if t.move {
		return ok && !m.opts.ReadOnly
	}
	return ok && (!m.present().opts.ReadOnly || m.opts.Elsewhere.Open != nil)
}

// origin returns the row that is brought elsewhere, or the marks.
func (t transfers) origin(m *Model) (row tree.Row, of targets, cmd tea.Cmd, ok bool) {
	if cmd, ok = m.settleMarks(); !ok {
		return row, of, cmd, false
	}
	of, _ = m.targets()
	row, ok = m.subject()
	switch {
	case of.many() && t.rename:
		m.notice.warn(m.now(), of.words()+": a name is given to one at a time; "+m.keyFor(keymap.ScopeKey, keymap.TransferMove)+" moves them all")
		ok = false
	case of.many():
		ok = true
	case !ok:
		m.notice.warn(m.now(), "there is nothing here to "+t.verb())
	case row.Ghost:
		m.notice.warn(m.now(), "it is gone already")
		ok = false
	}
	if ok && t.move && m.opts.ReadOnly {
		m.notice.warn(m.now(), "read-only profile: nothing can be "+t.done())
		ok = false
	}
	return row, of, nil, ok
}

// ask asks where the key or folder under the cursor is to go.
func (t transfers) ask(m *Model) tea.Cmd {
	row, of, cmd, ok := t.origin(m)
	if !ok {
		return cmd
	}
	q := &transferPrompt{transfers: t, of: of, from: row.Key, folder: row.IsFolder, base: m.root}
	q.title = strings.ToUpper(t.verb()[:1]) + t.verb()[1:] + " " + of.words() + " to"
	text := strings.TrimSuffix(strings.TrimPrefix(row.Key, m.root), "/")
	switch {
	case of.many():
		q.title += " folder"
		text = strings.TrimPrefix(dirOf(row.Key), m.root)
	case t.rename:
		dir := dirOf(row.Key)
		q.base, text = dir, strings.TrimSuffix(strings.TrimPrefix(row.Key, dir), "/")
	}
	q.prompt.done, q.prompt.change = q.accept, q.changed
	q.turn = func() { q.complete(m) }
	cmd = m.openPrompt(&q.prompt, text)
	q.changed(m, text)
	return cmd
}

// transferPrompt asks for a destination.
type transferPrompt struct {
	transfers
	prompt
	of     targets
	from   string                                 // what is brought there, in full, unless it is what is marked
	folder bool                                   // it has others below it
	base   string                                 // what a name that is typed is below
	taken  func(m *Model, to destination) tea.Cmd // takes it; nil shows the plan
}

// destination is where keys are to go.
type destination struct {
	profile, name string // of another store, as Elsewhere takes them
	here          bool   // it is in this store
	key           string // in full, in this store; "" for the whole store, as a folder for marks or for a file
}

// last returns the last part of the name of what is brought elsewhere; "" for marks,
// each of which has its own.
func (q *transferPrompt) last() string {
	if q.of.many() {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(q.from, dirOf(q.from)), "/")
}

// elsewhere returns the profile, or the address, that a text begins with.
func (q *transferPrompt) elsewhere(m *Model, text string) (to destination, ok bool) {
	e := m.opts.Elsewhere
	if e.Open == nil || q.rename {
		return to, false
	}
	head, rest, colon := strings.Cut(text, ":")
	switch {
	case !colon:
		return to, false
	case strings.HasPrefix(rest, "//") && slices.Contains(e.Schemes, strings.ToLower(head)):
		return destination{name: text}, true
	case slices.Contains(e.Profiles, head):
		return destination{profile: head, name: rest}, true
	}
	return to, false
}

// noStore says that a text begins with the name of a store that there is not, as the
// command line does; "" for a key. A key here may have a colon, too, where others
// begin like it.
func (q *transferPrompt) noStore(m *Model, text string) string {
	e := m.opts.Elsewhere
	head, rest, colon := strings.Cut(text, ":")
	if e.Open == nil || q.rename || !colon || head == "" || strings.Contains(head, "/") {
		return ""
	}
	if slices.Contains(e.Schemes, strings.ToLower(head)) && (rest == "" || rest == "/") {
		return "" // an address that is being typed
	}
	start := kv.KeyIn(m.store, q.base, head+":")
	for known := range m.tree.tree.After(start) {
		if strings.HasPrefix(known.Key, start) {
			return ""
		}
		break
	}
	return "No profile and no kind of store is called " + clean(head) + "; " + clean(nearest.Among(head, slices.Concat(e.Profiles, e.Schemes)...)) + "."
}

// changed says what the text means.
func (q *transferPrompt) changed(m *Model, text string) tea.Cmd {
	q.fixed = cleanName(q.base)
	if _, ok := q.elsewhere(m, text); ok && q.of.many() {
		q.fixed, q.hint = "", "a folder in another store"
		return nil
	} else if ok {
		q.fixed = ""
		q.hint = "in another store; a name that is missing or ends in / goes on with " + cleanName(q.last())
		return nil
	}
	if why := q.noStore(m, text); why != "" {
		q.hint = why
		return nil
	}
	if why := kv.WhyHidden(m.store, m.opts.Prefix, kv.KeyIn(m.store, q.base, text)); why != "" {
		q.hint = "it will not be in the tree: " + why
		return nil
	}
	switch {
	case q.rename:
		q.hint = ""
	case q.file:
		q.hint = "tab completes folders; the keys of the file go below that"
	case q.of.many():
		q.hint = "the folder into which each of them goes by the last part of its name; tab completes folders"
	case strings.HasSuffix(text, "/") || text == "":
		q.hint = "into that folder, as " + cleanName(q.last())
	default:
		q.hint = "tab completes folders; a name that ends in / is the folder to go into"
		if m.opts.Elsewhere.Open != nil {
			q.hint += "; PROFILE: or an address is another store"
		}
	}
	return nil
}

// accept takes the destination and shows the plan, or says what is wrong with it.
func (q *transferPrompt) accept(m *Model, text string) tea.Cmd {
	to, away := q.elsewhere(m, text)
	if q.fault = ""; !away {
		q.fault = q.noStore(m, text)
	}
	if !away && q.fault == "" {
		to.here = true
		to.key, q.fault = q.here(m, text)
	}
	switch {
	case q.fault != "":
		return nil
	case q.taken != nil:
		return q.taken(m, to)
	}
	d := &transferDialog{transfers: q.transfers, of: q.of, folder: q.folder, when: m.asOf.title(), to: to, last: q.last()}
	d.from = transfer.Place{Store: m.store, Prefix: q.from, Title: q.of.words() + strings.TrimPrefix(d.when, ",")}
	m.open(d)
	return d.make(m)
}

// here returns the full key that a name in this store means, or why nothing can go
// there.
func (q *transferPrompt) here(m *Model, text string) (key, fault string) {
	home := m.present()
	switch {
	case home.opts.ReadOnly:
		return "", "This is a read-only profile: only another store can be written to."
	case q.of.many() && text != "" && !strings.HasSuffix(text, "/"):
		text += "/"
	case q.of.many():
	case text == "" && q.rename:
		return "", "A key needs a name."
	case q.rename && strings.Contains(text, "/"):
		return "", "A name has no slash in it. Moving is what brings it into another folder."
	case text == "" || strings.HasSuffix(text, "/"):
		text += q.last()
	}
	key = kv.KeyIn(home.store, q.base, text)
	if q.file || q.of.many() {
		return key, ""
	}
	if limits, ok := kv.As[kv.WriteChecker](home.store); ok {
		if err := limits.CheckWrite(key, nil); err != nil {
			return "", explain.Error(err)
		}
	}
	if home != m {
		return key, ""
	}
	if key == strings.TrimSuffix(q.from, "/") || key == q.from {
		return "", "That is where it is now: type another name."
	}
	from, to := transfer.Place{Store: m.store, Prefix: q.from}, transfer.Place{Store: m.store, Prefix: key, Title: cleanName(key)}
	if err := transfer.CheckApart(&from, &to); err != nil {
		return "", explain.Error(err)
	}
	return key, ""
}

// completions is how many names beside the one that is typed are looked at.
const completions = 1000

// complete completes the folder or the profile that is typed.
func (q *transferPrompt) complete(m *Model) {
	text := q.input.text()
	if _, away := q.elsewhere(m, text); away || q.rename {
		return
	}
	found := append(q.folders(m, text), q.profiles(m, text)...)
	if len(found) == 0 {
		q.hint = "no folder begins so"
		return
	}
	if common := commonOf(found); len(common) > len(text) {
		q.input = newField(common)
		q.change(m, common)
	}
	if len(found) > 1 {
		q.hint = namesOf(found)
	}
}

// folders returns the tree's folders that begin with a text, as it would be typed.
func (q *transferPrompt) folders(m *Model, text string) []string {
	full := kv.KeyIn(m.store, q.base, text)
	var found []string
	add := func(key string) {
		if _, folder := m.tree.tree.Count(key); folder {
			found = append(found, strings.TrimPrefix(key, q.base)+"/")
		}
	}
	if !strings.HasSuffix(full, "/") {
		add(full)
	}
	looked := 0
	for key := range m.tree.tree.Siblings(full) {
		looked++
		if looked > completions {
			break
		}
		add(key)
	}
	return found
}

// profiles returns the profiles that begin with a text, as they are typed.
func (q *transferPrompt) profiles(m *Model, text string) []string {
	var found []string
	for _, name := range m.opts.Elsewhere.Profiles {
		if text != "" && strings.HasPrefix(name, text) {
			found = append(found, name+":")
		}
	}
	return found
}

// namesOf returns the last parts of the first of some names.
func namesOf(names []string) string {
	var parts []string
	for _, name := range firstOf(names, siblingsMax) {
		parts = append(parts, cleanName(strings.TrimPrefix(name, dirOf(name))))
	}
	if len(names) > siblingsMax {
		parts = append(parts, "…")
	}
	return strings.Join(parts, "  ")
}
