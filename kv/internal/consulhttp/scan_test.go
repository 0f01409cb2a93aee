package consulhttp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// The scanner reads every listing that encoding/json reads, and refuses what is not one.
func TestScannerReadsWhatJSONReads(t *testing.T) {
	type pair struct {
		LockIndex   uint64
		Key         string
		Flags       uint64
		Value       []byte
		Session     string `json:",omitempty"`
		Namespace   any
		ModifyIndex uint64
	}
	pairs := []pair{
		{Key: "plain", Value: []byte("12345"), ModifyIndex: 7},
		{Key: `quoted " and \ and \`, Value: []byte{}, Session: "s\u0000\"", Namespace: []any{"a", map[string]any{"b": nil, "c\\\"": 1.5}}},
		{Key: "\u2028<é>\U0001f600\t", ModifyIndex: 1<<64 - 1, Namespace: true},
		{Key: strings.Repeat(`\"`, 100_000), Value: make([]byte, 300_001)},
		{Key: "bytes \xff\xfe", Namespace: map[string]any{}},
		{},
	}
	for n := range len(pairs) + 1 {
		text, err := json.Marshal(pairs[:n])
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(string(text)), "halves": iotest.HalfReader(strings.NewReader(string(text) + "\n"))} {
			var want, got []string
			for _, p := range pairs[:n] {
				want = append(want, fmt.Sprint(strings.ToValidUTF8(p.Key, "\ufffd\ufffd"), p.ModifyIndex, len(p.Value), p.Session))
			}
			err := newScanner(r, 1<<20).entries(func(e *Entry) error {
				got = append(got, fmt.Sprint(string(e.Key), e.Index, e.Size, string(e.Session)))
				return nil
			})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s, %d pairs: %v", name, n, err)
			}
		}
		for cut := 1; cut < min(len(text), 300); cut++ {
			if err := newScanner(strings.NewReader(string(text[:cut])), 1<<20).entries(func(*Entry) error { return nil }); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("cut off after %q: %v", text[:cut], err)
			}
		}
	}
	for text, want := range map[string]int{"": 0, "null": 0, "[]": 0, "[\t\"a\"\n,\"b\\n\"]\n": 2} {
		got := 0
		if err := newScanner(strings.NewReader(text), 1<<20).names(func([]byte) error { got++; return nil }); err != nil || got != want {
			t.Errorf("%q: %d names, %v", text, got, err)
		}
	}
	for _, text := range []string{"<html>", "{}", `[{"Value":"abc"}]`, `[{"ModifyIndex":-1}]`, `["a" "b"]`, `[{"Key":1}]`} {
		if err := newScanner(strings.NewReader(text), 1<<20).entries(func(*Entry) error { return nil }); err == nil {
			t.Errorf("%q is no error", text)
		}
	}
}
