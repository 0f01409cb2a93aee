package etcdlist

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

// listed runs a listing and returns its keys, and how many of them came with values.
func listed(t *testing.T, l *Listing, span Span) (keys []string, sized int) {
	t.Helper()
	l.Page = func(kvs []*mvccpb.KeyValue, withValues bool) error {
		for _, kv := range kvs {
			keys = append(keys, string(kv.Key))
			if withValues {
				sized++
			}
		}
		return nil
	}
	at, err := l.Run(t.Context(), span)
	if err != nil || at != (Point{1, 7}) {
		t.Errorf("at %v: %v", at, err)
	}
	return keys, sized
}

func numbered(dir string, n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("%s%06d", dir, i)
	}
	return keys
}

// A listing gives each key of its span once and in order, on servers that stream and on others, and
// reads values up to a bound.
func TestListingGivesEachKeyOnce(t *testing.T) {
	keys := slices.Concat(numbered("a/", 30_000), []string{"b"}, numbered("c/", 300))
	for _, streams := range []bool{false, true} {
		for _, values := range []Values{AllValues, SomeValues} {
			for dir, want := range map[string][]string{"": keys, "a/": keys[:30_000], "c/": keys[30_001:], "d/": nil} {
				client := &fakeClient{keys: keys, value: "x", streams: streams, chunk: 1000}
				got, sized := listed(t, &Listing{Reader: NewReader(client), Values: values, PeekAfter: time.Hour}, DirSpan(dir))
				if !slices.Equal(got, want) {
					t.Errorf("streams %v, values %v, below %q: %d keys, want %d", streams, values, dir, len(got), len(want))
				}
				few := len(want) < sizedKeys
				if (values == AllValues || few) && sized != len(want) || values == SomeValues && sized > sizedKeys {
					t.Errorf("streams %v, values %v, below %q: %d of %d with values", streams, values, dir, sized, len(want))
				}
				if client.open != 0 {
					t.Errorf("%d streams are open", client.open)
				}
			}
		}
	}
}

// If all values are too large for an answer, fewer keys are read at a time.
func TestListingOfLargeValues(t *testing.T) {
	client := &fakeClient{keys: numbered("a/", 5000), value: strings.Repeat("x", 100), most: 60_000}
	got, sized := listed(t, &Listing{Reader: NewReader(client)}, DirSpan(""))
	if !slices.Equal(got, client.keys) || sized != len(got) {
		t.Errorf("%d keys, %d with values", len(got), sized)
	}
}

// Keys that a stream sends without values get their leases from the leases' side.
func TestStreamedKeysHaveTheirLeases(t *testing.T) {
	keys := numbered("a/", 25_000)
	client := &fakeClient{keys: keys, streams: true, chunk: 1000, leases: map[string]int64{keys[1]: 3, keys[24_000]: 4}}
	leases := map[string]int64{}
	l := &Listing{Reader: NewReader(client), Values: SomeValues, Page: func(kvs []*mvccpb.KeyValue, _ bool) error {
		for _, kv := range kvs {
			if kv.Lease != 0 {
				leases[string(kv.Key)] = kv.Lease
			}
		}
		return nil
	}}
	if _, err := l.Run(t.Context(), DirSpan("")); err != nil || len(leases) != 2 || leases[keys[24_000]] != 4 {
		t.Errorf("%v, %v", leases, err)
	}
}

// A listing that its reader breaks off, or whose context is cancelled, leaves no stream open.
func TestStreamsEndWithTheirListing(t *testing.T) {
	client := &fakeClient{keys: numbered("a/", 10_000), streams: true, chunk: 100}
	l := &Listing{Reader: NewReader(client), Page: func([]*mvccpb.KeyValue, bool) error { return errEnough }}
	if _, err := l.Run(t.Context(), DirSpan("")); !errors.Is(err, errEnough) || client.open != 0 {
		t.Errorf("%v, %d streams are open", err, client.open)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l.Page = func([]*mvccpb.KeyValue, bool) error { cancel(); return nil }
	if _, err := l.Run(ctx, DirSpan("")); !errors.Is(err, context.Canceled) || client.open != 0 {
		t.Errorf("%v, %d streams are open", err, client.open)
	}
}

// While a slow server counts, the first keys are found by the byte that follows the directory.
func TestFirstKeysArePeeked(t *testing.T) {
	client := &fakeClient{keys: []string{
		"digit/7/a", "digit/7/b", "digit/8", "early/\x00", "early/!", "far/\xff", "letter/a", "letter/z/1", "letter/z/2",
		"upper/Q", "upper/q", "wide/Z", "wide/a",
	}}
	for dir, want := range map[string][]string{
		"digit/": {"digit/7/a", "digit/7/b"}, "early/": {"early/\x00", "early/!"}, "letter/": {"letter/a"}, "upper/": {"upper/Q"},
		"wide/": {"wide/Z"}, "far/": nil, "missing/": nil, "": {"digit/7/a", "digit/7/b", "digit/8"},
	} {
		found := make(chan answer, 1)
		(&pages{Listing: &Listing{Reader: NewReader(client)}}).peek(t.Context(), DirSpan(dir), found)
		close(found)
		var keys []string
		if got, ok := <-found; ok {
			for _, kv := range got.resp.Kvs {
				keys = append(keys, string(kv.Key))
			}
		}
		if !slices.Equal(keys, want) {
			t.Errorf("below %q it finds %q, want %q", dir, keys, want)
		}
	}
	client = &fakeClient{keys: numbered("a/", 30_000), slow: 50 * time.Millisecond}
	got, _ := listed(t, &Listing{Reader: NewReader(client), Values: SomeValues, StrideKeys: 20_000}, DirSpan("a/"))
	if !slices.Equal(got, client.keys) {
		t.Errorf("%d keys", len(got))
	}
}

// Of the past only the values bring the leases along: more of them are read, and the leases of now
// are not taken for those of then.
func TestLeasesOfThePast(t *testing.T) {
	keys := numbered("a/", 25_000)
	client := &fakeClient{keys: keys, streams: true, chunk: 1000, leases: map[string]int64{keys[1]: 3}}
	past := NewReader(client).At(Point{Revision: 1})
	if _, sized := listed(t, &Listing{Reader: past, Values: SomeValues}, DirSpan("")); sized != len(keys) {
		t.Errorf("%d of %d keys came with values", sized, len(keys))
	}
	client.value = strings.Repeat("x", 64<<10)
	bound := 0
	l := &Listing{Reader: past, Values: SomeValues, Page: func(kvs []*mvccpb.KeyValue, sized bool) error {
		for _, kv := range kvs {
			if sized {
				bound += len(kv.Value)
			} else if kv.Lease != 0 {
				t.Errorf("%s has the lease of now", kv.Key)
			}
		}
		return nil
	}}
	if _, err := l.Run(t.Context(), DirSpan("")); err != nil || bound < pastBytes || bound > 2*pastBytes {
		t.Errorf("%d bytes of values, %v", bound, err)
	}
	if _, err := NewReader(client).At(Point{1, 8}).Now(t.Context(), "a"); !errors.Is(err, ErrReplaced) {
		t.Errorf("another cluster: %v", err)
	}
}
