package kv

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// TestEtcdScan: what a listing says, in whatever pieces it comes.
func TestEtcdScan(t *testing.T) {
	long := strings.Repeat("v", 100<<10)
	const document = `{"action":"get","node":{"key":"/p","dir":true,"nodes":[
		{"key":"/p/a","value":"x\"\\","modifiedIndex":7,"createdIndex":3},
		{"key":"/p/\u00e9\\","value":"\u00e9","expiration":"2026-01-02T03:04:05Z","ttl":12,"modifiedIndex":8,"createdIndex":8},
		{"key":"/p/d","dir":true,"nodes":[],"modifiedIndex":9,"createdIndex":9},
		{"key":"/p/e","dir":true,"nodes":[{"key":"/p/e/long","value":"LONG","modifiedIndex":11,"createdIndex":11}],"modifiedIndex":10}
		],"modifiedIndex":2,"createdIndex":2},"prevNode":{"key":"x","nodes":[{"a":[1,null,true]}]}}`
	want := []etcdBare{
		{path: "/p/a", size: 3, index: 7},
		{path: "/p/é\\", size: 2, leased: true, index: 8},
		{path: "/p/d", dir: true, index: 9},
		{path: "/p/e/long", size: len(long), index: 11},
		{path: "/p/e", dir: true, index: 10},
		{path: "/p", dir: true, index: 2},
	}
	text := strings.Replace(document, "LONG", long, 1)
	for name, in := range map[string]io.Reader{"whole": strings.NewReader(text), "by bytes": iotest.OneByteReader(strings.NewReader(text))} {
		var got []etcdBare
		require.NoError(t, newEtcdScan(in).nodes(func(n etcdBare) error { got = append(got, n); return nil }), name)
		require.Equal(t, want, got, name)
	}
	for end := range len(document) { // an answer that was cut off is no answer
		err := newEtcdScan(strings.NewReader(document[:end])).nodes(func(etcdBare) error { return nil })
		require.Error(t, err, document[:end])
	}
	stop := errors.New("stop")
	require.ErrorIs(t, newEtcdScan(strings.NewReader(document)).nodes(func(etcdBare) error { return stop }), stop)
}

// FuzzEtcdScan: nothing a server sends makes it fall.
func FuzzEtcdScan(f *testing.F) {
	for _, seed := range []string{
		`{"node":{"key":"/a","nodes":[{"key":"/a/b","value":"1","modifiedIndex":1}]}}`, `{"node":[]}`, `{`, `[`, `{"node":{"key":"\`,
		`{"node":{"modifiedIndex":-1}}`, `{"node":{"key":"\ud800"}}`, strings.Repeat("[", 20), `{"x":` + strings.Repeat("[", etcdDepthMax+2),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, text []byte) {
		var paths []string
		_ = newEtcdScan(strings.NewReader(string(text))).nodes(func(n etcdBare) error {
			paths = append(paths, n.path)
			return nil
		})
		slices.Sort(paths)
	})
}
