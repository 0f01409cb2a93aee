package kv_test

import (
	"testing"

	"github.com/hashicorp/consul/api"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// Every value that the server accepts is sent, even if its limits are raised or unknown to the
// token, and one that it refuses is reported as too large.
func TestConsulTakesWhatTheServerTakes(t *testing.T) {
	t.Parallel()
	raised := kvtest.StartConsul(t, kvtest.WithACL(consulMaster),
		kvtest.WithConfig(`{"limits": {"kv_max_value_size": 3000000, "txn_max_req_len": 5000000}}`))
	usual := kvtest.StartConsul(t, kvtest.WithACL(consulMaster))
	for name, c := range map[string]struct {
		server *kvtest.Server
		most   int
	}{"raised": {raised, 3_000_000}, "usual": {usual, 512 << 10}} {
		a := newConsulAccount(t, c.server, `key_prefix "" { policy = "write" }`)
		for who, token := range map[string]string{"master": consulMaster, "without agent:read": a.token.SecretID} {
			s := openConsul(t, &kv.Config{Token: token}, c.server.Addr)
			if err := s.Put("large", make([]byte, c.most), nil); err != nil {
				t.Errorf("%s, %s: the largest value: %v", name, who, err)
			}
			pair, err := s.Get("large")
			if err != nil || len(pair.Value) != c.most {
				t.Fatalf("%s, %s: %v", name, who, err)
			}
			if _, _, err := s.AtomicPut("large", pair.Value[1:], pair, nil); err != nil {
				t.Errorf("%s, %s: swapped: %v", name, who, err)
			}
			consulWant(t, name+", "+who+": a byte more", s.Put("larger", make([]byte, c.most+1), nil), kv.ErrTooLarge)
			consulWant(t, name+", "+who+": a byte more for a key that no URL holds", s.Put("larger//key", make([]byte, c.most+1), nil), kv.ErrTooLarge)
			if there, err := s.Exists("larger"); there || err != nil {
				t.Errorf("%s, %s: it is there: %v", name, who, err)
			}
		}
	}
}

// A key that was given with a leading slash has the name that KeyIn makes of it.
func TestConsulKeysNamedWithASlash(t *testing.T) {
	server := kvtest.StartConsul(t)
	s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
	for name, made := range map[string]string{"/abs": "abs", "//odd": "/odd", "abs/": "abs/", "//": "/"} {
		key := kv.KeyIn(s, "", name)
		if err := s.Put(key, []byte(made), nil); err != nil {
			t.Fatal(err)
		}
		answer, _, err := native.KV().List("", nil)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, pair := range answer {
			found = found || pair.Key == made
		}
		pair, err := s.Get(key)
		if !found || err != nil || pair.Key != key {
			t.Errorf("%q is called %q: made %v, read as %+v, %v", name, key, found, pair, err)
		}
		consulSet(t, native, &api.KVPair{Key: made, Value: []byte("native")})
		if pair, err := s.Get(pair.Key); err != nil || string(pair.Value) != "native" {
			t.Errorf("%q is not the key %q of Consul's: %v", key, made, err)
		}
	}
}
