package etcdlist

import (
	"cmp"
	"context"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/etcdclient"
)

const (
	// levelFirst and levelMost are how many keys an answer about a level may hold: the first one,
	// and one where nearly all keys are directly in the directory. levelLeast is the fewest.
	levelFirst = 64
	levelMost  = 4096
	levelLeast = 8
	// levelSized is how many bytes of values are read, so that the sizes of the first keys are
	// known.
	levelSized = 1 << 20
	// levelPast is levelSized where only the values bring the leases along.
	levelPast = 16 << 20
	// countFew and countMost are how many keys a range shall hold, since a server counts all of it
	// for each answer.
	countFew, countMost = 2048, 65_536
)

// Level reads what is directly in a directory at one revision. It reads some keys at a time, and
// goes on behind the folder that the last of them is in. So a folder costs one question, however
// many keys are below it, and many small folders share a question.
type Level struct {
	Reader *Reader
	Dir    string // "" or with a slash at its end
	// Revision is what is read; 0 for the newest, which Run then sets.
	Revision int64
	// Large means that the directory may hold so many keys that even to count them is too much.
	Large bool
	// Page gets keys in order, but not all that are below folders; sized reports whether they came
	// with values. It returns how many of them meant something new: a key directly in the
	// directory, or a folder.
	Page func(kvs []*mvccpb.KeyValue, sized bool) (fresh int, err error)

	next    string // where to go on; "" when everything is read
	end     string // of the directory
	limit   int    // of keys in the next answer
	sized   int    // bytes of values still to be read
	dropped int    // by how many bytes the end of a range is shorter than its start
	left    int64  // keys still to come at most; -1 if not known
	leaps   bool   // the last keys were in a folder that is worth leaping over
	leases  map[string]int64
}

// Run reads the level. If Page stops it with an error, next is where it stopped: Page got no key
// from there on.
func (l *Level) Run(ctx context.Context) (next string, err error) {
	span := DirSpan(l.Dir)
	l.next, l.end = span.Start, span.End
	l.limit, l.sized, l.dropped, l.left = levelFirst, levelSized, 1, -1
	if l.Reader.LacksLeases() {
		l.sized = levelPast
	}
	if l.Revision == 0 {
		at, err := l.Reader.Now(ctx, span.Start)
		if err != nil {
			return "", err
		}
		l.Revision = at.Revision
	}
	read := l.ranged
	if l.Reader.streams.Load() {
		read = l.stream
	}
	for l.next != "" {
		if err := read(ctx); err != nil {
			return l.next, err
		}
	}
	return "", nil
}

// stream reads on up to a folder to leap over. A stream that is broken off costs the server next to
// nothing, while a range costs it to count all keys.
func (l *Level) stream(ctx context.Context) error {
	sized := l.sized > 0
	var options []clientv3.OpOption
	if !sized {
		options = append(options, l.keysOnly(ctx))
	}
	listing := Listing{
		Reader: l.Reader, at: Point{Revision: l.Revision}, rest: Span{l.next, l.end},
		Page: l.take,
	}
	more, err := listing.stream(ctx, sized, func([]*mvccpb.KeyValue) bool { return !l.leaps && sized == (l.sized > 0) }, options...)
	if err == nil && !more {
		l.next = ""
	}
	return err
}

// keysOnly returns the option that leaves the values out. Servers that stream leave the leases out
// with them, so those are read from the leases' side.
func (l *Level) keysOnly(ctx context.Context) clientv3.OpOption {
	if l.leases == nil && l.Reader.streams.Load() && !l.Reader.IsPast() {
		l.leases = l.Reader.LeasedKeys(ctx)
	}
	return clientv3.WithKeysOnly()
}

// ranged reads one range.
func (l *Level) ranged(ctx context.Context) error {
	asking, cancel := l.Reader.Long(ctx)
	defer cancel()
	end, sized := l.rangeEnd(), l.sized > 0
	options := []clientv3.OpOption{clientv3.WithRange(end), clientv3.WithLimit(int64(l.limit)), clientv3.WithRev(l.Revision)}
	if !sized {
		options = append(options, l.keysOnly(ctx))
	}
	resp, err := l.Reader.Get(asking, l.next, options...)
	if err != nil {
		return etcdclient.LostContact(asking, err)
	}
	if err := l.take(resp.Kvs, sized); err != nil {
		return err
	}
	l.goOn(resp, end)
	return nil
}

// mostCounted is how many keys a server may have to count for one answer.
func (l *Level) mostCounted() int64 { return cmp.Or(l.Reader.CountMost, countMost) }

// rangeEnd returns where the next range ends. A server counts all keys up to there, so the end is
// near where there are many: it is behind the keys that begin as the start does without its last
// bytes, or behind those that share only the first byte. The number of keys in a folder comes with
// its first keys.
func (l *Level) rangeEnd() string {
	if l.left >= 0 && l.left <= l.mostCounted() || l.left < 0 && !l.Large {
		return l.end
	}
	start, base := strings.TrimSuffix(l.next, "\x00"), 0
	if l.end != Endless {
		base = len(l.Dir)
	}
	end := ""
	if keep := len(start) - l.dropped; keep > base {
		end = after(start[:keep])
	} else if i := strings.IndexFunc(firstBytes, func(b rune) bool { return len(start) <= base || byte(b) > start[base] }); i >= 0 {
		end = start[:min(base, len(start))] + firstBytes[i:i+1]
	}
	if end <= l.next {
		return l.end
	}
	return end
}

// take hands keys on and notes where to go on behind them.
func (l *Level) take(kvs []*mvccpb.KeyValue, sized bool) error {
	for _, kv := range kvs {
		l.sized -= len(kv.Value)
		if len(l.leases) > 0 {
			kv.Lease = l.leases[string(kv.Key)]
		}
	}
	fresh, err := l.Page(kvs, sized)
	if len(kvs) > 0 {
		l.goBehind(string(kvs[len(kvs)-1].Key), fresh*8 < len(kvs))
	}
	return err
}

// goBehind sets where to go on: behind the last key, or behind the folder that it is in if few keys
// of the answer were fresh.
func (l *Level) goBehind(last string, few bool) {
	l.next, l.leaps = last+"\x00", false
	name, _, inside := strings.Cut(last[len(l.Dir):], "/")
	if !inside {
		return
	}
	if few || !l.Reader.streams.Load() {
		l.next, l.leaps = l.Dir+name+"0", true // "0" is the byte behind the slash
	}
}

// goOn sets how many keys to ask for next, and where to go on behind a range that was read to its
// end.
func (l *Level) goOn(resp *clientv3.GetResponse, end string) {
	switch {
	case end == l.end:
		l.left = resp.Count - int64(len(resp.Kvs))
	case l.left >= 0:
		l.left -= int64(len(resp.Kvs))
	}
	switch {
	case !resp.More || len(resp.Kvs) == 0:
		l.next = end
		if end == l.end {
			l.next = ""
		}
		return
	case l.leaps:
		l.dropped = 1 // the next folder may be as large
		l.limit = max(levelLeast, l.limit/2)
	default:
		l.limit = min(levelMost, 2*l.limit)
	}
	switch {
	case resp.Count > l.mostCounted():
		l.dropped = max(1, l.dropped-1)
	case resp.Count < countFew:
		l.dropped++
	}
}
