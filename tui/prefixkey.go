package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

// prefixKey handles an opened prefix that is a key itself. An address names a key
// as well as a folder, and an account may have rights on one key only. If nothing
// is below the prefix, the tree is rooted at the folder around it and shows the
// key. A key whose name is the folder's, slash included, is in the folder like any
// other. The feed reports neither, so that both are watched beside it.
type prefixKey struct {
	keys []string // rows of the tree that the feed does not report
	said bool     // it was said that the folder is also a key, which has no row
}

// askPrefixKey reads whether the opened prefix is a key: the one with the prefix's
// name and, where the store distinguishes them, the one with a slash at its end.
func (m *Model) askPrefixKey() tea.Cmd {
	dir := m.opts.Prefix
	if dir == "" || len(m.prefixKey.keys) > 0 {
		return nil
	}
	ctx, store, gen := m.ctx, m.store, m.feed.gen
	return func() tea.Msg {
		r := prefixKeyAsked{gen: gen}
		for _, name := range []string{strings.TrimSuffix(dir, "/"), dir} {
			pair, err := store.Get(name)
			if err != nil || pair.Key != name {
				continue
			}
			e := ownEvent(ctx, store, name, pair)
			if e.Flags&kv.Directory == 0 || e.Size > 0 { // a directory alone is only an empty folder
				r.found = append(r.found, e)
			}
		}
		return r
	}
}

// ownEvent returns the state of a key as a feed would report it.
func ownEvent(ctx context.Context, store kv.Store, key string, pair *kv.KVPair) kv.Event {
	if pair.Value == nil {
		return kv.Event{Kind: kv.DeleteEvent, Key: key, Index: pair.LastIndex, Size: -1}
	}
	e := kv.Event{Kind: kv.PutEvent, Key: key, Index: pair.LastIndex, Size: len(pair.Value)}
	reader, ok := kv.As[kv.MetaReader](store)
	if !ok {
		return e
	}
	meta, err := reader.Meta(ctx, key)
	switch {
	case err != nil: // the value is reported all the same
	case meta.Directory:
		e.Flags = kv.Directory
	case meta.LockIndex > 0 && meta.Owner != "":
		e.Flags = kv.Locked
	case meta.TTL > 0:
		e.Flags = kv.Leased
	case meta.Ephemeral:
		e.Flags = kv.Ephemeral
	}
	return e
}

// prefixKeyAsked is the result of askPrefixKey.
type prefixKeyAsked struct {
	gen   int
	found []kv.Event
}

func (r prefixKeyAsked) apply(m *Model) tea.Cmd {
	if r.gen != m.feed.gen || len(m.prefixKey.keys) > 0 {
		return nil
	}
	line := m.tree.line()
	var cmds []tea.Cmd
	for _, e := range r.found {
		cmds = append(cmds, m.foundPrefixKey(e))
	}
	m.tree.keepLine(line)
	m.observers.rest(m)
	return tea.Batch(cmds...)
}

// foundPrefixKey shows a key that is the opened prefix, or says that it exists.
func (m *Model) foundPrefixKey(e kv.Event) tea.Cmd {
	switch {
	case m.tree.tree.Empty():
		m.tree.tree.Root(tree.Entry{Key: e.Key, Index: e.Index, Size: e.Size, Flags: uint8(e.Flags)})
		m.root = m.tree.tree.Prefix()
	case strings.HasPrefix(e.Key, m.root):
		applyEvent(m.tree.tree, e, time.Time{})
	default:
		m.sayPrefixKey(e)
		return nil
	}
	m.prefixKey.keys = append(m.prefixKey.keys, e.Key)
	return m.watchPrefixKey(e.Key)
}

// sayPrefixKey says that a folder is also a key, which no row shows.
func (m *Model) sayPrefixKey(e kv.Event) {
	if m.prefixKey.said || e.Size == 0 { // some clients make a folder this way
		return
	}
	m.prefixKey.said = true
	from := "without a prefix"
	if i := strings.LastIndexByte(e.Key, '/'); i >= 0 {
		from = "at " + clean(e.Key[:i+1])
	}
	m.notice.say(m.now(), clean(e.Key)+" is a key too: kvist get reads it, and the store opened "+from+" shows it")
}

// watchPrefixKey watches a key as long as the explorer runs.
func (m *Model) watchPrefixKey(key string) tea.Cmd {
	ctx, store := m.ctx, m.store
	return func() tea.Msg {
		pairs, err := store.Watch(key, ctx.Done())
		if err != nil {
			return prefixKeyLost{err}
		}
		return seePrefixKey(ctx, store, key, pairs)()
	}
}

// seePrefixKey waits for the next state of the watched key.
func seePrefixKey(ctx context.Context, store kv.Store, key string, pairs <-chan *kv.KVPair) tea.Cmd {
	return func() tea.Msg {
		pair, ok := <-pairs
		if !ok {
			return nil
		}
		return prefixKeySeen{ownEvent(ctx, store, key, pair), pairs}
	}
}

// prefixKeyLost says that the key cannot be watched.
type prefixKeyLost struct{ err error }

func (r prefixKeyLost) apply(m *Model) tea.Cmd {
	m.notice.fail(m.now(), r.err)
	return nil
}

// prefixKeySeen is a state of the watched key. The feed may have reported it
// already, if it follows that key for lack of other rights.
type prefixKeySeen struct {
	event kv.Event
	pairs <-chan *kv.KVPair
}

func (r prefixKeySeen) apply(m *Model) tea.Cmd {
	e := r.event
	known, there := m.tree.tree.Lookup(e.Key)
	if e.Kind == kv.DeleteEvent && there || e.Kind == kv.PutEvent && (!there || known.Index < e.Index) {
		now, line := m.now(), m.tree.line()
		if m.takeEvent(e, now) {
			m.feed.last = now
		}
		m.tree.keepLine(line)
		m.observers.rest(m)
	}
	return seePrefixKey(m.ctx, m.store, e.Key, r.pairs)
}

// feedBegan puts the keys into the tree again, since a listing of what is below
// does not.
func (p *prefixKey) feedBegan(m *Model, b kv.Batch, _ time.Time) {
	if !b.Begin {
		return
	}
	for _, key := range p.keys {
		if e, there := m.tree.tree.Lookup(key); there {
			m.tree.tree.Put(e, time.Time{})
		}
	}
}

// feedEnded asks again after a listing, and when access below was denied: the key
// itself may be readable.
func (p *prefixKey) feedEnded(m *Model, b takenBatch) tea.Cmd {
	if b.Synced || b.State == kv.Denied && b.turned {
		return m.askPrefixKey()
	}
	return nil
}

// noKeys says why the tree is empty.
func (m *Model) noKeys() string {
	if len(m.prefixKey.keys) > 0 {
		return cleanName(m.prefixKey.keys[0]) + " no longer exists"
	}
	if m.asOf != nil {
		return "no keys here at revision " + m.asOf.name()
	}
	return "no keys here yet; " + m.keyFor(keymap.ScopeKey, keymap.KeyAdd) + " adds one"
}
