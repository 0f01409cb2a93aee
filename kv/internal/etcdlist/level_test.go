package etcdlist

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

// names collects the names that are directly in a directory.
func names(dir string, into *[]string) func(kvs []*mvccpb.KeyValue, sized bool) (int, error) {
	return func(kvs []*mvccpb.KeyValue, _ bool) (int, error) {
		fresh := 0
		for _, kv := range kvs {
			name, _, inside := strings.Cut(string(kv.Key)[len(dir):], "/")
			if inside {
				name += "/"
			}
			if !slices.Contains(*into, name) {
				*into = append(*into, name)
				fresh++
			}
		}
		return fresh, nil
	}
}

// A level gives what is directly in its directory, and reads little of what is below its folders.
func TestLevelLeapsOverFolders(t *testing.T) {
	keys := []string{"app/first"}
	for folder := range 30 {
		keys = append(keys, numbered(fmt.Sprintf("app/folder-%02d/", folder), 1+folder%3*1000)...)
	}
	keys = append(keys, "app/last", "beside/1")
	slices.Sort(keys)
	for _, streams := range []bool{false, true} {
		for _, countMost := range []int64{0, 10} {
			client := &fakeClient{keys: keys, value: "value", streams: streams, chunk: 50}
			reader := NewReader(client)
			reader.CountMost = countMost
			reader.streams.Store(streams)
			var got []string
			level := &Level{Reader: reader, Dir: "app/", Large: true, Page: names("app/", &got)}
			next, err := level.Run(t.Context())
			if err != nil || next != "" || len(got) != 32 || level.Revision != 1 {
				t.Errorf("streams %v, counted %d: %q, next %q, %v", streams, countMost, got, next, err)
			}
			if client.open != 0 {
				t.Errorf("%d streams are open", client.open)
			}
		}
	}
}

// A level that its reader cuts off reports where, and no key from there on was given.
func TestLevelIsCutOff(t *testing.T) {
	client := &fakeClient{keys: numbered("app/", 1000)}
	last := ""
	level := &Level{Reader: NewReader(client), Dir: "app/", Page: func(kvs []*mvccpb.KeyValue, _ bool) (int, error) {
		last = string(kvs[len(kvs)-1].Key)
		if last > "app/000300" {
			return len(kvs), errEnough
		}
		return len(kvs), nil
	}}
	if next, err := level.Run(t.Context()); !errors.Is(err, errEnough) || next != last+"\x00" {
		t.Errorf("cut at %q behind %q: %v", next, last, err)
	}
}
