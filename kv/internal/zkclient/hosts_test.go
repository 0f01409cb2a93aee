package zkclient

import "testing"

// Servers are tried by turns, and the library learns when all were tried.
func TestHostsTakeTurns(t *testing.T) {
	var h hosts
	if err := h.Init([]string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		server string
		again  bool
	}{{"a", false}, {"b", false}, {"a", true}, {"b", false}, {"a", true}} {
		if server, again := h.Next(); server != want.server || again != want.again {
			t.Errorf("turn %d: %s, %v", i, server, again)
		}
	}
	h.Connected()
	if server, again := h.Next(); server != "b" || again {
		t.Errorf("after a connection: %s, %v", server, again)
	}
}
