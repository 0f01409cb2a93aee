package changes

import (
	"strings"
	"time"
)

// lookBack is how many of the latest changes Below goes through.
const lookBack = 2000

// Below looks at the latest changes below a folder, which is named without the slash at
// its end. It returns up to n keys, each with its newest change, the newest first, and
// when something in each child of the folder changed last, by the child's name. Changes
// during a pause are among them.
func (l *Log) Below(folder string, n int) (newest []Change, at map[string]time.Time) {
	at = map[string]time.Time{}
	seen, left := map[string]bool{}, lookBack
	for _, r := range []*ring{&l.waiting, &l.shown.ring} {
		for i := r.next; i > r.first && left > 0; i-- {
			left--
			c := r.get(i - 1)
			rest, below := strings.CutPrefix(c.Key, folder)
			if c.Kind.Mark() || !below || len(rest) < 2 || rest[0] != '/' {
				continue
			}
			child, _, _ := strings.Cut(rest[1:], "/")
			if _, known := at[child]; !known {
				at[child] = c.At
			}
			if len(newest) < n && !seen[c.Key] {
				seen[c.Key] = true
				newest = append(newest, *c)
			}
		}
	}
	return newest, at
}

// Version is another one whenever a change or a mark was added.
func (l *Log) Version() int { return l.version }
