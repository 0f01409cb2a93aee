package kv

// Terms are the words that a store's own tools and documentation have for
// what this package calls by one name.
type Terms struct {
	Index   string // KVPair.LastIndex and Meta.Modified
	Created string // Meta.Created
	Version string // Meta.Version; "" where the store does not count changes
	Owner   string // Meta.Owner and Contender.ID
}

// Termed is a Store that has words of its own.
type Termed interface {
	Terms() Terms
}

// TermsOf returns a store's own words, or neutral ones where it has none.
func TermsOf(s Store) Terms {
	if t, ok := As[Termed](s); ok {
		return t.Terms()
	}
	return Terms{Index: "index", Created: "created at", Version: "version", Owner: "owner"}
}

// Terms implements Termed by the fields of Consul's KV store API,
// https://developer.hashicorp.com/consul/api-docs/kv.
func (s *Consul) Terms() Terms {
	return Terms{Index: "ModifyIndex", Created: "CreateIndex", Owner: "session"}
}

// Terms implements Termed by the fields of mvccpb.KeyValue, in the short form
// of the words.
func (s *EtcdV3) Terms() Terms {
	return Terms{Index: "revision", Created: "created at revision", Version: "version", Owner: "lease"}
}

// Terms implements Termed by the fields of a znode's stat structure, as
// zkCli.sh prints them.
func (s *Zookeeper) Terms() Terms {
	return Terms{Index: "mzxid", Created: "czxid", Version: "version", Owner: "session"}
}

// Terms implements Termed.
func (r *readOnly) Terms() Terms { return TermsOf(r.store) }
