package etcdv2

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// A listing is read the same in whatever pieces it arrives.
func TestScan(t *testing.T) {
	long := strings.Repeat("v", 100<<10)
	const document = `{"action":"get","node":{"key":"/p","dir":true,"nodes":[
		{"key":"/p/a","value":"x\"\\","modifiedIndex":7,"createdIndex":3},
		{"key":"/p/\u00e9\\","value":"\u00e9","expiration":"2026-01-02T03:04:05Z","ttl":12,"modifiedIndex":8,"createdIndex":8},
		{"key":"/p/d","dir":true,"nodes":[],"modifiedIndex":9,"createdIndex":9},
		{"key":"/p/e","dir":true,"nodes":[{"key":"/p/e/long","value":"LONG","modifiedIndex":11,"createdIndex":11}],"modifiedIndex":10}
		],"modifiedIndex":2,"createdIndex":2},"prevNode":{"key":"x","nodes":[{"a":[1,null,true]}]}}`
	want := []Entry{
		{Path: "/p/a", Size: 3, Index: 7},
		{Path: "/p/é\\", Size: 2, TTL: true, Index: 8},
		{Path: "/p/d", Dir: true, Index: 9},
		{Path: "/p/e/long", Size: len(long), Index: 11},
		{Path: "/p/e", Dir: true, Index: 10},
		{Path: "/p", Dir: true, Index: 2},
	}
	text := strings.Replace(document, "LONG", long, 1)
	for name, in := range map[string]io.Reader{"whole": strings.NewReader(text), "by bytes": iotest.OneByteReader(strings.NewReader(text))} {
		var got []Entry
		require.NoError(t, newScanner(in).nodes(func(n Entry) error { got = append(got, n); return nil }), name)
		require.Equal(t, want, got, name)
	}
	for end := range len(document) { // an answer that was cut off is no answer
		err := newScanner(strings.NewReader(document[:end])).nodes(func(Entry) error { return nil })
		require.Error(t, err, document[:end])
	}
	stop := errors.New("stop")
	require.ErrorIs(t, newScanner(strings.NewReader(document)).nodes(func(Entry) error { return stop }), stop)
}

// Nothing that a server sends makes the scanner panic.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		`{"node":{"key":"/a","nodes":[{"key":"/a/b","value":"1","modifiedIndex":1}]}}`, `{"node":[]}`, `{`, `[`, `{"node":{"key":"\`,
		`{"node":{"modifiedIndex":-1}}`, `{"node":{"key":"\ud800"}}`, strings.Repeat("[", 20), `{"x":` + strings.Repeat("[", depthMax+2),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, text []byte) {
		var paths []string
		_ = newScanner(strings.NewReader(string(text))).nodes(func(n Entry) error {
			paths = append(paths, n.Path)
			return nil
		})
		slices.Sort(paths)
	})
}
