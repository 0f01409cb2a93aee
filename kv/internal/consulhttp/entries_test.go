package consulhttp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/consul/api"
)

// txnAgent answers transactions from a table of keys and their indexes.
func txnAgent(t *testing.T, keys map[string]uint64) *agent {
	return startAgent(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != txnPath {
			return false
		}
		var ops api.TxnOps
		if err := json.NewDecoder(r.Body).Decode(&ops); err != nil || len(ops) > TxnOps {
			t.Errorf("%d operations, %v", len(ops), err)
		}
		var answer api.TxnResponse
		for i, op := range ops {
			index, there := keys[op.KV.Key]
			switch {
			case !there || op.KV.Verb == api.KVCheckIndex && index != op.KV.Index:
				answer.Errors = append(answer.Errors, &api.TxnError{OpIndex: i, What: "not so"})
			case op.KV.Verb == api.KVGet:
				answer.Results = append(answer.Results, &api.TxnResult{KV: &api.KVPair{Key: op.KV.Key, ModifyIndex: index}})
			}
		}
		if len(answer.Errors) > 0 {
			answer.Results = nil
			w.WriteHeader(http.StatusConflict)
		}
		_ = json.NewEncoder(w).Encode(answer)
		return true
	})
}

// Of many keys, those that are there are read, and those whose index is another are found, in
// transactions that every server accepts.
func TestEntriesOfManyKeys(t *testing.T) {
	there := map[string]uint64{}
	var names []string
	var expected []KeyIndex
	for i := range 3*TxnOps + 5 {
		name := fmt.Sprintf("key %d", i)
		names = append(names, name)
		expected = append(expected, KeyIndex{name, uint64(i)})
		if i%10 != 3 {
			there[name] = uint64(i)
		}
	}
	there["key 8"] = 9999
	c, _ := newClient(t, Config{Endpoints: []string{txnAgent(t, there).addr}})
	var mu sync.Mutex
	got := map[string]uint64{}
	err := c.Entries(t.Context(), names, func(i int, e *Entry) {
		mu.Lock()
		defer mu.Unlock()
		if names[i] != string(e.Key) {
			t.Errorf("%s comes as %s", e.Key, names[i])
		}
		got[names[i]] = e.Index
	})
	if err != nil || fmt.Sprint(got) != fmt.Sprint(there) {
		t.Errorf("%v, %v", got, err)
	}
	changed, err := c.Changed(t.Context(), expected)
	for i, was := range changed {
		if was != (i%10 == 3 || i == 8) {
			t.Errorf("%s changed: %v", names[i], was)
		}
	}
	if err != nil || len(changed) != len(expected) {
		t.Errorf("%d, %v", len(changed), err)
	}
	if err := c.Entries(t.Context(), nil, nil); err != nil {
		t.Errorf("no keys: %v", err)
	}
}

// A panic in a caller's function is the error of the call.
func TestEntriesContainPanics(t *testing.T) {
	c, _ := newClient(t, Config{Endpoints: []string{txnAgent(t, map[string]uint64{"a": 1}).addr}})
	if err := c.Entries(t.Context(), []string{"a"}, func(int, *Entry) { panic("unexpected") }); err == nil || !strings.Contains(err.Error(), "unexpected") {
		t.Errorf("got %v", err)
	}
}

// A URL carries what the agent neither folds nor refuses.
func TestURLPart(t *testing.T) {
	for key, want := range map[string]string{
		"": "", "a": "a", "a/": "a/", "a/b": "a/b", "a//b": "a/", "/a": "", "a/./b": "a/", "a/..": "a/", "a/.b": "a/.b",
		"a/b\x00/c": "a/", "a/\u2028": "a/", "a/ b": "a/ b", "a/é": "a/é",
	} {
		if got := URLPart(key); got != want || InURL(key) != (key == want) {
			t.Errorf("%q: %q, in a URL %v", key, got, InURL(key))
		}
	}
}

// As many keys go into a transaction as its operations and its bytes allow, and always one.
func TestTxnFits(t *testing.T) {
	c, _ := newClient(t, Config{Endpoints: []string{nobody(t)}})
	short, long := strings.Repeat("k", 10), strings.Repeat("k", sizeDefault)
	of := func(key string, n, operations int) int {
		return c.TxnFits(n, operations, func(int) string { return key })
	}
	if got := []int{of(short, 1000, 1), of(short, 1000, 2), of(short, 3, 2), of(long, 5, 1)}; !slices.Equal(got, []int{TxnOps, TxnOps / 2, 3, 1}) {
		t.Errorf("%v fit", got)
	}
	if !c.FitsTxn(short, make([]byte, 300<<10)) || c.FitsTxn(short, make([]byte, 400<<10)) {
		t.Error("base64 is not counted")
	}
	self := &Self{}
	self.DebugConfig.TxnMaxReqLen = 1 << 20
	c.TakeSizes(self)
	value, txn, known := c.Sizes()
	if value != sizeDefault || txn != 1<<20 || known || !c.FitsTxn(short, make([]byte, 400<<10)) {
		t.Errorf("%d, %d, known %v", value, txn, known)
	}
}
