package config

import (
	"slices"
	"strings"
	"testing"
)

// A row of the table says all that the program has to know about a store.
func TestStoresAreComplete(t *testing.T) {
	seen := map[string]bool{}
	once := func(what, word string) {
		if word != "" && seen[what+word] {
			t.Errorf("%s %q stands in two rows", what, word)
		}
		seen[what+word] = true
	}
	for _, k := range stores {
		once("scheme", string(k.scheme))
		once("server", k.server)
		once("title", k.title)
		if k.scheme == "" || !strings.HasPrefix(k.usage, string(k.scheme)+"://") {
			t.Errorf("%s is used as %s", k.scheme, k.usage)
		}
		if (k.open == nil) != (len(k.ports) == 0) || (k.server == "") != (k.one == "") {
			t.Errorf("the row of %s lacks something: %+v", k.scheme, k)
		}
		if OneServer(k.server) != k.one {
			t.Errorf("one server of %s is %q", k.scheme, OneServer(k.server))
		}
	}
	if len(stores) != len(Schemes()) || !slices.Contains(Schemes(), Embedded) {
		t.Errorf("the schemes are %v", Schemes())
	}
}

// What users read about the kinds of stores comes from the table.
func TestStoresInSentences(t *testing.T) {
	for got, want := range map[string]string{
		SchemeList("and"): "consul, etcd, etcdv2, etcdv3, zk and embedded",
		Titles():          "Consul, etcd (v2 and v3) and ZooKeeper",
		usages():          "consul://host:port/prefix, etcd://…, etcdv2://…, etcdv3://…, zk://… or embedded://",
		UsualPorts():      "consul:// is usually 8500, etcd:// 2379, zk:// 2181",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if help := AddressHelp(); strings.Count(help, "\n") != len(stores) || !strings.Contains(help, "  etcd://h1:2379,h2:2379/prefix   the v3 API") {
		t.Errorf("the help is\n%s", help)
	}
}
