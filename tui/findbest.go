package tui

import (
	"context"
	"strings"
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/junegunn/fzf/src/algo"
	"github.com/junegunn/fzf/src/util"

	"kvist/tui/tree"
	"kvist/tui/tree/match"
)

const (
	// bestAtOnce is how many matches are compared in the update loop: well
	// below a millisecond's work, and the cursor does not jump.
	bestAtOnce = 500
	// bestMost is among how many matches the best is looked for: some tenth
	// of a second's work. Among more, one more letter is typed sooner.
	bestMost = 200_000
	// What fzf takes as its room for a comparison; longer keys take the
	// simpler of its algorithms.
	fuzzyRoom16, fuzzyRoom32 = 100 << 10, 2 << 10
)

// fuzzyTables makes fzf weigh what it finds as in paths: without, a letter in
// the midst of a word is as good as its first.
var fuzzyTables = sync.OnceFunc(func() { algo.Init("path") }) //nolint:gochecknoglobals // fzf's tables are its own globals

// fuzzyText is text as fzf's better algorithm looks for it. It is for one
// goroutine.
type fuzzyText struct {
	text                 []rune
	sensitive, normalize bool
	room                 *util.Slab // to work in; nil takes anew what each comparison needs
}

// fuzzyTextOf is that for a text in the language of find, without its sign.
func fuzzyTextOf(text string) fuzzyText {
	fuzzyTables()
	return fuzzyText{
		text: []rune(text), sensitive: text != strings.ToLower(text), normalize: !match.Accented(text),
	}
}

// places are the letters of key, by number, that are marked; nil where it is
// not found.
func (f fuzzyText) places(key string) []int {
	chars := util.ToChars([]byte(key))
	_, at := algo.FuzzyMatchV2(f.sensitive, f.normalize, true, &chars, f.text, true, f.room)
	if at == nil {
		return nil
	}
	return *at
}

// fuzzyRank is how good a match is.
type fuzzyRank struct {
	score  int
	inName bool // it is in the last part of the path
	length int
}

// before reports whether a match is better than another.
func (r fuzzyRank) before(other fuzzyRank) bool {
	switch {
	case r.score != other.score:
		return r.score > other.score
	case r.inName != other.inName:
		return r.inName
	}
	return r.length < other.length
}

// rank is how good a match key is.
func (f fuzzyText) rank(key string) fuzzyRank {
	chars := util.ToChars([]byte(key))
	r, _ := algo.FuzzyMatchV2(f.sensitive, f.normalize, true, &chars, f.text, false, f.room)
	folders := strings.LastIndexByte(key, '/') + 1
	return fuzzyRank{r.Score, runesIn([]byte(key), r.Start) >= folders, len(key)}
}

// best is the best of the keys that the tree's filter has found, the first of
// those that are equally good; not ok when it was given up.
func (f fuzzyText) best(ctx context.Context, t *tree.Tree) (best string, ok bool) {
	f.room = util.MakeSlab(fuzzyRoom16, fuzzyRoom32)
	var rank fuzzyRank
	for i := range t.Hits() {
		if ctx.Err() != nil {
			return "", false
		}
		key, there := t.HitAt(i)
		if !there {
			break // one is gone meanwhile
		}
		if r := f.rank(key); !ok || r.before(rank) {
			best, rank, ok = key, r, true
		}
	}
	return best, ok
}

// goToBest puts the cursor on the best match of a fuzzy filter, which finds much
// that has the letters and is not meant. One that was moved since it came to
// the first match stays.
func (m *Model) goToBest() tea.Cmd {
	f, t := &m.finder, m.tree.tree
	text, fuzzy := strings.CutPrefix(f.query, "~")
	hits := t.Hits()
	if !fuzzy || m.tree.cursor != f.landed || hits < 2 || hits > bestMost {
		return nil
	}
	if hits <= bestAtOnce {
		if key, ok := fuzzyTextOf(text).best(m.ctx, t); ok {
			m.tree.goTo(key)
		}
		return nil
	}
	ctx, stop := context.WithCancel(m.ctx)
	f.stop = stop
	gen := f.gen
	return func() tea.Msg {
		defer stop()
		key, ok := fuzzyTextOf(text).best(ctx, t)
		if !ok {
			return nil
		}
		return bestFound{gen, key}
	}
}

// bestFound is the result of goToBest.
type bestFound struct {
	gen int
	key string
}

func (r bestFound) apply(m *Model) tea.Cmd {
	if r.gen == m.finder.gen && m.tree.cursor == m.finder.landed {
		m.tree.goTo(r.key)
	}
	return nil
}
