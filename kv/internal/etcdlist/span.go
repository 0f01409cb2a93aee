package etcdlist

import (
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Span is a range of keys, from Start up to but without End. Only the key Start is in it if End is
// "".
type Span struct {
	Start, End string
}

// Endless is the End of a span that goes up to the last key.
const Endless = "\x00"

// DirSpan returns the span of all keys that begin with dir.
func DirSpan(dir string) Span {
	if dir == "" {
		return Span{"\x00", Endless} // in etcd's API, all keys
	}
	return Span{dir, clientv3.GetPrefixRangeEnd(dir)}
}

// Options returns more and the option that makes a request for Start one for the span.
func (r Span) Options(more ...clientv3.OpOption) []clientv3.OpOption {
	if r.End == "" {
		return more
	}
	return append(more, clientv3.WithRange(r.End))
}

// String names a span for people: a directory and a single key by their names, the keys that begin
// with a text by that and a star.
func (r Span) String() string {
	switch {
	case r.End == "":
		return "the key " + r.Start
	case r.End == Endless && strings.Trim(r.Start, "\x00") == "":
		return "everything"
	case r.End == Endless:
		return r.Start + " and all behind it"
	case r.End == clientv3.GetPrefixRangeEnd(r.Start) && strings.HasSuffix(r.Start, "/"):
		return r.Start
	case r.End == clientv3.GetPrefixRangeEnd(r.Start):
		return r.Start + "*"
	}
	return r.Start + " to " + r.End
}

// Overlap returns the parts of spans that lie in another span, each key once. The spans must be in
// order.
func Overlap(spans []Span, in Span) []Span {
	var parts []Span
	reached := strings.TrimLeft(in.Start, "\x00") // in etcd's API, "\x00" is the first key
	for _, span := range spans {
		part := Span{max(span.Start, reached), span.End}
		if span.End == "" {
			part.End = span.Start + "\x00"
		}
		if part.End == Endless || in.End != Endless && part.End > in.End {
			part.End = in.End
		}
		if part.End != Endless && part.Start >= part.End {
			continue
		}
		parts = append(parts, part.normal())
		if part.End == Endless {
			break
		}
		reached = part.End
	}
	return parts
}

// normal returns the span with "" as its End if there is one key in it.
func (r Span) normal() Span {
	if r.End == r.Start+"\x00" && r.Start != "" {
		r.End = ""
	}
	return r
}

// after returns the first key behind all keys that begin with prefix, or "" if there is none.
func after(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 255 {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}
