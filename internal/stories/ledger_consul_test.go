package stories

import (
	"testing"

	"github.com/hashicorp/consul/api"
)

// consulLedger speaks to Consul by its HTTP API.
type consulLedger struct {
	*testing.T
	*api.Client
}

func newConsulLedger(s *scene) *consulLedger {
	s.Helper()
	c, err := api.NewClient(&api.Config{Address: s.server.Addr})
	if err != nil {
		s.Fatal(err)
	}
	return &consulLedger{s.T, c}
}

// adorn puts keys with flags, and one that a session holds.
func (c *consulLedger) adorn(folder string) {
	c.Helper()
	for i := range specials - 1 {
		c.putPair(&api.KVPair{Key: folder + "/special/" + string(rune('a'+i)), Value: []byte{byte(i), 0xff, 0}, Flags: 1<<63 + uint64(i)})
	}
	c.acquire(&api.KVPair{Key: folder + "/special/held", Value: []byte("theirs"), Flags: 7})
}

func (c *consulLedger) dress(key string) {
	c.Helper()
	pair, _, err := c.KV().Get(key, nil)
	if err != nil {
		c.Fatal(err)
	}
	pair.Flags = 42
	c.putPair(pair)
}

func (c *consulLedger) lock(key string) {
	c.Helper()
	c.acquire(&api.KVPair{Key: key, Value: []byte("holder"), Flags: api.LockFlagValue})
}

// acquire lets a session of its own hold a key.
func (c *consulLedger) acquire(pair *api.KVPair) {
	c.Helper()
	session, _, err := c.Session().CreateNoChecks(&api.SessionEntry{Name: "story", TTL: "1h"}, nil)
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { _, _ = c.Session().Destroy(session, nil) }) // it may have ended
	pair.Session = session
	if ok, _, err := c.KV().Acquire(pair, nil); err != nil || !ok {
		c.Fatalf("not acquired: %v", err)
	}
}

func (c *consulLedger) putPair(pair *api.KVPair) {
	c.Helper()
	if _, err := c.KV().Put(pair, nil); err != nil {
		c.Fatal(err)
	}
}

func (c *consulLedger) revoke() {} // keys depend on nothing but the session, which goes with its key

func (c *consulLedger) facts(prefix string) map[string]fact {
	c.Helper()
	pairs, _, err := c.KV().List(prefix+"/", nil)
	if err != nil {
		c.Fatal(err)
	}
	facts := map[string]fact{}
	for _, p := range pairs {
		facts[p.Key] = fact{value: string(p.Value), flags: p.Flags, owner: p.Session}
	}
	return facts
}
