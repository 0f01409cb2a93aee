package etcdlocks

import (
	"strconv"
	"testing"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

const lease = 0x694d7f3c8e1a2b01

// A place in a queue is a key that bears the name of its own lease.
func TestPlaces(t *testing.T) {
	for key, want := range map[string]bool{
		"lock/694d7f3c8e1a2b01": true, "lock/694d7f3c8e1a2b02": false, "694d7f3c8e1a2b01": false,
		"commerce/locks/" + strconv.Itoa(lease): true, "commerce/other/" + strconv.Itoa(lease): false,
	} {
		if IsPlace(key, lease) != want {
			t.Errorf("%s: want %v", key, want)
		}
	}
	if !IsPlace("lock/0000000000000abc", 0xabc) || !IsPlace("lock/abc", 0xabc) || IsPlace("lock/0", 0) {
		t.Error("leading zeros, or no lease at all")
	}
}

// Only a UUID of version 1 below /locks/ is a lock of python-etcd3.
func TestPythonLocks(t *testing.T) {
	uuid := []byte{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	id, ok := PythonLock(&mvccpb.KeyValue{Key: []byte("/locks/a"), Value: uuid})
	if !ok || id != "6ba7b810-9dad-11d1-80b4-00c04fd430c8" {
		t.Errorf("%q, %v", id, ok)
	}
	for key, value := range map[string][]byte{"/lock/a": uuid, "/locks/b": []byte("short"), "/locks/c": make([]byte, 16)} {
		if _, ok := PythonLock(&mvccpb.KeyValue{Key: []byte(key), Value: value}); ok {
			t.Errorf("%s is no such lock", key)
		}
	}
}

// The oldest claim is the first, with a lease or without one; other keys in the queue do not count.
func TestFirstOfAQueue(t *testing.T) {
	at := func(key string, created, lease int64) *mvccpb.KeyValue {
		return &mvccpb.KeyValue{Key: []byte(key), CreateRevision: created, Lease: lease}
	}
	claim := at("q/abc", 5, 0xabc)
	for name, test := range map[string]struct {
		other *mvccpb.KeyValue
		first bool
	}{
		"a younger one":      {at("q/def", 6, 0xdef), true},
		"an older one":       {at("q/def", 4, 0xdef), false},
		"a stray":            {at("q/694d7f3c8e1a2b01", 4, 0), false},
		"a short name":       {at("q/def", 4, 0), true},
		"a deeper key":       {at("q/x/def", 4, 0xdef), true},
		"another's name":     {at("q/def", 4, 0xabc), true},
		"not a lease at all": {at("q/config", 4, 0), true},
	} {
		if got := IsFirst(claim, []*mvccpb.KeyValue{claim, test.other}); got != test.first {
			t.Errorf("beside %s: %v", name, got)
		}
	}
}

// A key is marked from the first place in its queue to the last.
func TestMarks(t *testing.T) {
	m := NewMarks(Queues{".queue"})
	if _, changed := m.See("a/b", true); changed || m.Show("a/b") {
		t.Error("a key is no place in a queue")
	}
	if locked, changed := m.See("a/b.queue/1", true); locked != "a/b" || !changed {
		t.Errorf("%q, %v", locked, changed)
	}
	if unshown := m.Unshown(); !m.IsUnshown("a/b") || len(unshown) != 1 || unshown[0] != "a/b" {
		t.Errorf("%q", unshown)
	}
	if _, changed := m.See("a/b.queue/2", true); changed {
		t.Error("a second place changes nothing")
	}
	if !m.Show("a/b") || m.IsUnshown("a/b") || len(m.Unshown()) > 0 {
		t.Error("it was shown")
	}
	if _, changed := m.See("a/b.queue/1", false); changed {
		t.Error("there is another place")
	}
	if locked, changed := m.See("a/b.queue/2", false); locked != "a/b" || !changed || m.Show("a/b") {
		t.Errorf("%q, %v", locked, changed)
	}
	for _, key := range []string{"a/b.queue", "a/b.queue/x", "a.queues/1", ".queue"} {
		if _, changed := m.See(key, true); changed {
			t.Errorf("%s is no place in a queue", key)
		}
	}
}
