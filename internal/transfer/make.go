package transfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kvist/kv"
)

// Mode is what a plan does about keys that are at the target already.
type Mode uint8

// The modes.
const (
	Skip    Mode = iota // they are left as they are
	Replace             // they are overwritten, unless they are the same already
)

// Options say what a plan does. The zero value copies what can be copied
// without overwriting anything.
type Options struct {
	Title string // what the plan does, for the journal
	Mode  Mode
	Move  bool // what was copied is deleted at the source
	// Owned also brings ephemeral keys and places in the queues of locks, as
	// keys that stay.
	Owned bool
	// Same says that the source is a place of the same store, which From is.
	Same bool
	// From is the place that the source reads; nil for a file.
	From *Place
	// Roots are what a source of FromRoots brings; of From only Store counts then.
	Roots []Root
	// File is the whole path of the file that is read; "" for what has none.
	File string
	// Whole says that the source is all of From, so that a plan that was cut off
	// can be made again.
	Whole bool
	// Continues is the ID in the journal of the plan that was cut off, if this is that plan made
	// again: both are undone together.
	Continues string
	// Progress, where it is not nil, is called with the number of keys that
	// were looked at so far.
	Progress func(done int)
}

// ErrRefused says that a plan has keys which the target cannot hold, so that
// nothing is written.
var ErrRefused = errors.New("the target cannot hold all of it, so that nothing was written")

// Make works out what bringing the source's keys to a place does. It writes
// nothing.
func Make(ctx context.Context, source Source, to Place, options Options) (*Plan, error) {
	var err error
	switch {
	case !options.Same || options.From == nil:
	case len(options.Roots) > 0:
		err = CheckInto(to.Store, options.Roots, &to)
	default:
		err = CheckApart(options.From, &to)
	}
	if err != nil {
		return nil, err
	}
	p := &Plan{
		Title: options.Title, Move: options.Move, source: source, to: to, from: options.From,
		nature: kv.NatureOf(to.Store), losses: [][]string{nil}, again: options.request(&to),
		continues: options.Continues,
	}
	m := &maker{
		Plan: p, options: options, byKey: map[string]int{}, room: kv.RoomOf(to.Store),
		lossAt: map[string]int32{"": 0}, there: map[string]bool{}, mortal: map[string]bool{},
	}
	unseen, err := source.Read(ctx, func(items []Item) error { return m.take(ctx, items) })
	if err == nil {
		err = m.finish(ctx)
	}
	if err != nil {
		return nil, err
	}
	p.Unseen = unseen
	return p, nil
}

// maker makes a plan.
type maker struct {
	*Plan
	options Options
	byKey   map[string]int // the step of each key at the target
	room    *kv.Room
	lossAt  map[string]int32 // the place in losses of words, joined
	mortal  map[string]bool  // directories of the source that have a TTL
	there   map[string]bool  // directories that are at the target, for those that have no values
}

// take plans some items of the source.
func (m *maker) take(ctx context.Context, items []Item) error {
	var fits []fitted
	var of []int // the steps of fits
	for i := range items {
		it := &items[i]
		s, err := m.step(it)
		if err != nil {
			return err
		}
		m.Steps = append(m.Steps, s)
		if s.Action == Create {
			if it.Node.Type == kv.DirectoryNode && it.Node.TTL > 0 {
				m.mortal[s.Key] = true
			}
			fits = append(fits, fit(m.source.Nature(), m.nature, it.Node, s.Key, false))
			of = append(of, len(m.Steps)-1)
		}
	}
	if err := m.check(ctx, fits, of); err != nil {
		return err
	}
	if m.options.Progress != nil {
		m.options.Progress(len(m.Steps))
	}
	return nil
}

// step begins the step for an item, as if nothing were at the target.
func (m *maker) step(it *Item) (s Step, err error) {
	s = Step{
		From: it.Node.Key, Flags: it.Flags, Size: len(it.Node.Value), version: it.Version, place: len(m.Steps),
		Err: it.Err,
	}
	key, why := m.to.key(it.Name, m.nature)
	s.Key = key
	switch {
	case m.options.Owned:
	case it.Queued:
		s.Action, s.Reason, s.Err = Leave, IsQueued, nil
		return s, nil
	case it.Flags&kv.Ephemeral != 0:
		s.Action, s.Reason, s.Err = Leave, IsOwned, nil
		return s, nil
	}
	_, twice := m.byKey[key]
	switch {
	case s.Err != nil:
		s.Action = Refuse
	case why != nil && m.isFolderAlone(it): // what is in it goes to the top
		s.Action, s.Reason = Leave, IsImplied
		if m.nature.Paths {
			s.Reason = IsFolder
		}
	case why != nil:
		s.refuse(why)
	case twice:
		s.refuse(&kv.Error{Op: kv.OpWriteNodes, Key: key, Kind: kv.ErrInvalidKey, Err: errTwice})
	default:
		m.byKey[key] = len(m.Steps)
		err = asList(m.to.Prefix, m.room.Take(key))
	}
	return s, err
}

// isFolderAlone reports whether an item is the place itself, which says no more than that it is a
// folder.
func (m *maker) isFolderAlone(it *Item) bool {
	return it.Name.Own && len(it.Node.Value) == 0 && (m.nature.Paths || m.source.Nature().Paths)
}

// check finds out whether the target takes the nodes, and what is there.
func (m *maker) check(ctx context.Context, fits []fitted, of []int) error {
	nodes, keys := make([]*kv.Node, len(fits)), make([]string, 0, len(fits))
	for i := range fits {
		nodes[i] = &fits[i].node
	}
	refused, err := kv.CheckNodes(ctx, m.to.Store, nodes)
	if err != nil {
		return err
	}
	for i, why := range refused {
		if why != nil {
			m.Steps[of[i]].refuse(why)
			continue
		}
		keys = append(keys, nodes[i].Key)
	}
	there, denied, err := m.readTarget(ctx, keys)
	if err != nil {
		return err
	}
	if err := m.unkept(ctx, fits, of); err != nil {
		return err
	}
	for i := range fits {
		s := &m.Steps[of[i]]
		switch existing := there[s.Key]; {
		case s.Action != Create:
		case denied[s.Key] != nil:
			s.refuse(denied[s.Key])
		case existing != nil:
			m.decide(s, &fits[i], existing)
		}
	}
	return nil
}

// refuse makes the step one that cannot be carried out.
func (s *Step) refuse(why error) { s.Action, s.Reason, s.Err = Refuse, NoReason, why }

// decide decides about a key that is at the target already.
func (m *maker) decide(s *Step, f *fitted, existing *kv.Node) {
	s.before = existing.Index
	directory := existing.Type == kv.DirectoryNode
	if directory {
		m.there[s.Key] = true
	}
	switch {
	case directory && f.node.Type == kv.DirectoryNode:
		s.Action, s.Reason = Leave, IsFolder
	case directory: // finish knows whether the key becomes one
	case f.same(existing):
		s.Action, s.Reason = Leave, Same
	case m.options.Mode == Skip:
		s.Action, s.Reason = Leave, Exists
	default:
		s.Action = Overwrite
		m.lose(s, f.lostOver(m.nature, existing))
	}
}

// unkept notes what the nodes lose.
func (m *maker) unkept(ctx context.Context, fits []fitted, of []int) error {
	var leased []*kv.Node
	var places []int
	for i := range fits {
		s := &m.Steps[of[i]]
		if s.Action != Create {
			continue
		}
		m.lose(s, fits[i].lost)
		if why := kv.WhyHidden(m.to.Store, m.to.Prefix, s.Key); why != "" {
			m.lose(s, []string{lostListing + why})
		}
		if fits[i].node.Owner != "" {
			leased, places = append(leased, &fits[i].node), append(places, of[i])
		}
	}
	if len(leased) == 0 {
		return nil
	}
	lost, err := kv.Unkept(ctx, m.to.Store, leased)
	if err != nil {
		return err
	}
	for i, words := range lost {
		m.lose(&m.Steps[places[i]], words)
	}
	return nil
}

// lose adds words to what the step's key loses.
func (m *maker) lose(s *Step, words []string) {
	if len(words) == 0 {
		return
	}
	all := append(slices.Clone(m.losses[s.lost]), words...)
	joined := strings.Join(all, "\x00")
	at, known := m.lossAt[joined]
	if !known {
		at = int32(len(m.losses))
		m.losses = append(m.losses, all)
		m.lossAt[joined] = at
	}
	s.lost = at
}

// readTarget reads what is at the target of some keys. denied are the keys of
// which that cannot be found out.
func (m *maker) readTarget(ctx context.Context, keys []string) (there map[string]*kv.Node, denied map[string]error, err error) {
	there, denied = map[string]*kv.Node{}, map[string]error{}
	see := func(n *kv.Node) { there[n.Key] = n }
	unread, err := kv.ReadNodes(ctx, m.to.Store, keys, see)
	if err == nil && unread == 0 {
		return there, denied, nil
	}
	if err != nil && !isAboutKey(err) {
		return nil, nil, err
	}
	for _, key := range keys { // which of them it was is not said
		if there[key] != nil {
			continue
		}
		unread, err := kv.ReadNodes(ctx, m.to.Store, []string{key}, see)
		switch {
		case err == nil && unread > 0:
			denied[key] = &kv.Error{Op: kv.OpReadNodes, Key: key, Kind: kv.ErrDenied}
		case err != nil && isAboutKey(err):
			denied[key] = err
		case err != nil:
			return nil, nil, err
		}
	}
	return there, denied, nil
}

// isAboutKey reports whether an error concerns its key alone.
func isAboutKey(err error) bool {
	return errors.Is(err, kv.ErrInvalidKey) || errors.Is(err, kv.ErrNotDirectory) || errors.Is(err, kv.ErrDenied)
}

// finish decides what depends on all keys: which have others below them, and
// which folders the target needs.
func (m *maker) finish(ctx context.Context) error {
	if !m.nature.Paths && !m.source.Nature().Paths {
		return nil
	}
	defer m.keepFolders()
	needed := m.parents()
	for i := range m.Steps {
		m.settle(&m.Steps[i])
	}
	if !m.nature.Paths {
		return nil
	}
	folders, err := m.folders(ctx, needed)
	if err != nil {
		return err
	}
	m.Steps = append(folders, m.Steps...)
	return nil
}

// parents marks the keys that have others below them, and returns the keys above
// those that are written which the plan does not have.
func (m *maker) parents() map[string]bool {
	needed := map[string]bool{}
	root := ""
	if !m.nature.Paths {
		root = strings.TrimSuffix(m.to.dir(), "/") // the key itself may be a folder of the source, too
	}
	for i := range m.Steps {
		s := &m.Steps[i]
		there := s.Reason == Same || s.Reason == Exists && !m.nature.Paths
		if s.Action == Refuse || s.Key == "" || s.Action == Leave && !there {
			continue
		}
		above(root, s.Key, func(key string) bool {
			at, planned := m.byKey[key]
			if !planned {
				known := needed[key]
				needed[key] = true
				return !known
			}
			known := m.Steps[at].parent
			m.Steps[at].parent = true
			return !known
		})
	}
	return needed
}

// settle decides about a key now that it is known whether others are below it.
func (m *maker) settle(s *Step) {
	if s.place < 0 || s.Action == Refuse || s.Key == "" {
		return
	}
	folder := s.Flags&kv.Directory != 0 || s.parent && s.Size == 0
	switch {
	case m.nature.BareFolders && s.parent && s.Size > 0:
		s.refuse(&kv.Error{Op: kv.OpWriteNodes, Key: s.Key, Kind: kv.ErrNotDirectory, Err: errValued})
	case m.nature.BareFolders && folder:
		s.Directory = true
		if m.there[s.Key] {
			s.Action, s.Reason = Leave, IsFolder
		} else if s.before != 0 {
			s.refuse(&kv.Error{Op: kv.OpWriteNodes, Key: s.Key, Kind: kv.ErrNotDirectory, Err: errInFile})
		}
	case m.there[s.Key] && s.Action == Create:
		s.refuse(&kv.Error{Op: kv.OpWriteNodes, Key: s.Key, Kind: kv.ErrIsDirectory, Err: errIsFolder})
	case !m.nature.Paths && m.source.Nature().Paths && folder:
		s.Action, s.Reason, s.lost = Leave, IsImplied, 0
		if !s.parent {
			m.lose(s, []string{lostFolder})
		}
		if m.mortal[s.Key] {
			m.lose(s, []string{lostFolderTTL})
		}
	}
}

// keepFolders keeps the folders at the source of which something stays.
func (m *maker) keepFolders() {
	if !m.Move || !m.source.Nature().Paths {
		return
	}
	kept := map[string]bool{}
	for i := range m.Steps {
		s := &m.Steps[i]
		if s.From == "" || m.deletes(s) {
			continue
		}
		above("", s.From, func(key string) bool {
			known := kept[key]
			kept[key] = true
			return !known
		})
	}
	for i := range m.Steps {
		m.Steps[i].stays = kept[m.Steps[i].From]
	}
}

// folders returns steps for the folders that the target needs and that neither
// it nor the plan has.
func (m *maker) folders(ctx context.Context, needed map[string]bool) ([]Step, error) {
	keys := slices.Sorted(maps.Keys(needed))
	there, denied := map[string]*kv.Node{}, map[string]error{}
	for chunk := range slices.Chunk(keys, batchKeys) {
		found, not, err := m.readTarget(ctx, chunk)
		if err != nil {
			return nil, err
		}
		maps.Copy(there, found)
		maps.Copy(denied, not)
	}
	valued := map[string]bool{}
	var steps []Step
	for _, key := range keys {
		switch n := there[key]; {
		case n != nil:
			valued[key] = m.nature.BareFolders && n.Type != kv.DirectoryNode
		case denied[key] == nil:
			steps = append(steps, Step{Key: key, Directory: true, place: -1, parent: true})
		}
	}
	if slices.Contains(slices.Collect(maps.Values(valued)), true) {
		m.refuseBelow(valued)
		steps = slices.DeleteFunc(steps, func(s Step) bool { return isBelow(valued, s.Key) })
	}
	slices.SortFunc(steps, func(a, b Step) int {
		return cmp.Or(strings.Count(a.Key, "/")-strings.Count(b.Key, "/"), strings.Compare(a.Key, b.Key))
	})
	return steps, nil
}

// refuseBelow refuses the keys below those that have a value at the target, and
// so cannot be directories.
func (m *maker) refuseBelow(valued map[string]bool) {
	for i := range m.Steps {
		if s := &m.Steps[i]; s.writes() && isBelow(valued, s.Key) {
			s.refuse(&kv.Error{Op: kv.OpWriteNodes, Key: s.Key, Kind: kv.ErrNotDirectory, Err: errInFile})
		}
	}
}

// isBelow reports whether a key is below one that is marked.
func isBelow(marked map[string]bool, key string) bool {
	found := false
	above("", key, func(k string) bool {
		found = marked[k]
		return !found
	})
	return found
}

// Title returns words for a plan that brings keys from one place to another.
func Title(verb, from, to string) string { return fmt.Sprintf("%s %s to %s", verb, from, to) }
