package tui

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
)

// likeMax is how many names a key is completed to.
const likeMax = 200

// named returns the full key that a name means. A name in full, as the screen shows
// and copies it, is taken too, unless the tree has a key of that name below its root.
func (m *Model) named(name string) string {
	key := kv.KeyIn(m.store, m.root, name)
	if m.root == "" || !strings.HasPrefix(name, m.root) {
		return key
	}
	if isKey, folder := m.tree.tree.Is(key); isKey || folder {
		return key
	}
	return name
}

// keysLike returns the names of keys and folders that begin with a text, as it would
// be typed.
func (m *Model) keysLike(text string) []string {
	full := m.named(text)
	typed := strings.TrimSuffix(full, text)
	var found []string
	add := func(key string) {
		isKey, folder := m.tree.tree.Is(key)
		if isKey {
			found = append(found, strings.TrimPrefix(key, typed))
		}
		if folder {
			found = append(found, strings.TrimPrefix(key, typed)+"/")
		}
	}
	if !strings.HasSuffix(full, "/") && full != "" {
		add(full)
	}
	for key := range m.tree.tree.Siblings(full) {
		if len(found) >= likeMax {
			break
		}
		add(key)
	}
	return found
}

// goToNamed goes to the key or folder of a name. One that the tree does not have is
// looked for in the store, and the folders around it are opened.
func (m *Model) goToNamed(name string) (tea.Cmd, string) { return m.goToFull(m.named(name)) }

// goToFull is goToNamed for a key in full.
func (m *Model) goToFull(key string) (tea.Cmd, string) {
	if !strings.HasPrefix(key, m.root) {
		return nil, cleanName(key) + " is not below " + cleanName(m.root) + ", which is what was opened."
	}
	for _, as := range []string{key, strings.TrimSuffix(key, "/")} {
		if isKey, folder := m.tree.tree.Is(as); isKey || folder {
			m.goToKey(as)
			m.focusOn(m.tree)
			return nil, ""
		}
	}
	key = strings.TrimSuffix(key, "/")
	if why := kv.WhyHidden(m.store, m.opts.Prefix, key); why != "" {
		return nil, cleanName(key) + " is not in the tree: " + why + "."
	}
	if m.knowsAll() {
		return nil, cleanName(key) + m.notThere() + "."
	}
	m.notice.say(m.now(), "looking for "+cleanName(key))
	return m.lookFor(key), ""
}

// knowsAll reports whether a key that the tree does not have is not there.
func (m *Model) knowsAll() bool {
	return m.feed.ready && !m.feed.partial && !m.feed.paused && m.feed.state == kv.Live
}

// lookFor asks the store whether there is a key, or a folder of that name.
func (m *Model) lookFor(key string) tea.Cmd {
	ctx, stop := m.timeout()
	store := m.store
	return func() tea.Msg {
		defer stop()
		_, err := store.Get(key)
		if !errors.Is(err, kv.ErrKeyNotFound) {
			return keyLookedFor{key, err == nil, err}
		}
		there := false
		_, err = kv.ListKeys(ctx, store, key+"/", kv.ListOptions{Level: true}, func(kv.Entry) error {
			there = true
			return errEnough
		})
		if there || errors.Is(err, errEnough) {
			err = nil
		}
		return keyLookedFor{key, there, err}
	}
}

// keyLookedFor is the result of lookFor.
type keyLookedFor struct {
	key   string
	there bool
	err   error
}

func (r keyLookedFor) apply(m *Model) tea.Cmd {
	switch {
	case r.err != nil && !errors.Is(r.err, context.Canceled):
		m.notice.fail(m.now(), r.err)
	case !r.there:
		m.notice.warn(m.now(), cleanName(r.key)+" does not exist")
	default:
		m.unfind(m.tree.cursor)
		m.jumps.from(m.tree.cursor, r.key)
		m.focusOn(m.tree)
		m.tree.seek(m, r.key)
	}
	return nil
}

// openAround opens the innermost folder around a key that the tree has: a feed of
// open folders then brings what is in it.
func (p *treePane) openAround(key string) {
	for at := key; ; {
		i := strings.LastIndexByte(strings.TrimSuffix(at, "/"), '/')
		if i < len(p.tree.Prefix()) {
			return
		}
		at = at[:i]
		if _, folder := p.tree.Is(at); folder {
			if _, shown := p.tree.Reveal(at); shown && p.tree.Open(at) {
				p.folds++
			}
			return
		}
	}
}
