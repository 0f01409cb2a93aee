package kv

import (
	"strings"
	"testing"
)

func TestNextHolder(t *testing.T) {
	a, b, c := Contender{Key: "q/1", ID: "1"}, Contender{Key: "q/2", ID: "2"}, Contender{Key: "q/3", ID: "3", Name: "carol"}
	for name, test := range map[string]struct {
		lock   LockInfo
		holder Contender
		want   string
	}{
		"nobody waits":       {LockInfo{Holders: []Contender{a}}, a, ""},
		"one without a name": {LockInfo{Holders: []Contender{a}, Waiters: []Contender{b}}, a, "next holder: 2"},
		"one with a name":    {LockInfo{Holders: []Contender{a}, Waiters: []Contender{c, b}}, a, "next holder: carol"},
		"several hold it":    {LockInfo{Holders: []Contender{a, b}, Waiters: []Contender{c}}, a, ""},
		"a waiter goes":      {LockInfo{Holders: []Contender{a}, Waiters: []Contender{b, c}}, b, ""},
	} {
		if got := nextHolder(test.lock, test.holder); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestSignature(t *testing.T) {
	if got := signatureOf("kvist", "web1", 7); got != "kvist on web1, pid 7" {
		t.Errorf("%q", got)
	}
	if got := signature("kvist"); !strings.HasPrefix(got, "kvist on ") || strings.HasSuffix(got, " 0") {
		t.Errorf("%q", got)
	}
}
