package match

import (
	"context"
	"iter"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/junegunn/fzf/src/algo"
	"github.com/junegunn/fzf/src/util"
)

// What fzf takes as its room for a comparison; longer keys take the simpler of
// its algorithms.
const (
	fuzzyRoom16 = 100 << 10
	fuzzyRoom32 = 2 << 10
)

// fuzzyTables makes fzf weigh matches as in paths: without, a letter in the
// middle of a word is as good as its first.
var fuzzyTables = sync.OnceFunc(func() { algo.Init("path") }) //nolint:gochecknoglobals // fzf's tables are its own globals

// fuzzyLetters returns the numbers of the runes of key that match, or nil if
// key does not.
func (q *Query) fuzzyLetters(key string) []int {
	chars := util.ToChars([]byte(key))
	_, at := algo.FuzzyMatchV2(!q.folds, !q.accents, true, &chars, q.letters, true, nil)
	if at == nil {
		return nil
	}
	return *at
}

// rank is how good a match is.
type rank struct {
	score  int
	inName bool // it is in the last part of the path
	length int
}

// before reports whether a match is better than another.
func (r rank) before(other rank) bool {
	switch {
	case r.score != other.score:
		return r.score > other.score
	case r.inName != other.inName:
		return r.inName
	}
	return r.length < other.length
}

// rankOf is how good a match key is, with room to work in.
func (q *Query) rankOf(key string, room *util.Slab) rank {
	key = q.composed(key)
	chars := util.ToChars([]byte(key))
	r, _ := algo.FuzzyMatchV2(!q.folds, !q.accents, true, &chars, q.letters, false, room)
	folders := strings.LastIndexByte(key, '/') + 1
	return rank{r.Score, runesIn([]byte(key), r.Start) >= folders, len(key)}
}

// Best returns the best of keys, all of which match, and the first of those
// that are equally good. It is not ok if there are none, or if ctx ended.
func (q *Query) Best(ctx context.Context, keys iter.Seq[string]) (best string, ok bool) {
	room := util.MakeSlab(fuzzyRoom16, fuzzyRoom32)
	var top rank
	for key := range keys {
		if ctx.Err() != nil {
			return "", false
		}
		if r := q.rankOf(key, room); !ok || r.before(top) {
			best, top, ok = key, r, true
		}
	}
	return best, ok
}

// runesIn returns how many bytes the first n runes of text take.
func runesIn(text []byte, n int) int {
	at := 0
	for ; n > 0 && at < len(text); n-- {
		_, size := utf8.DecodeRune(text[at:])
		at += size
	}
	return at
}
