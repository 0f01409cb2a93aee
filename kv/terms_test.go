package kv_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// Each store is spoken of in the words of its own tools, also where it may not be written.
func TestTermsAreTheStoresOwn(t *testing.T) {
	want := map[kv.Backend]kv.Terms{
		kv.CONSUL: {Index: "ModifyIndex", Created: "CreateIndex", Owner: "session"},
		kv.ETCD:   {Index: "modifiedIndex", Created: "createdIndex", Owner: "owner"},
		kv.ETCDV3: {Index: "revision", Created: "created at revision", Version: "version", Owner: "lease"},
		kv.ZK:     {Index: "mzxid", Created: "czxid", Version: "version", Owner: "session"},
	}
	for _, h := range kvtest.Backends() {
		s := plainOf(t, h)
		require.Equal(t, want[h.Backend], kv.TermsOf(s), h.Name)
		require.Equal(t, want[h.Backend], kv.TermsOf(kv.ReadOnly(s)), h.Name)
	}
}
