package config

import (
	"fmt"
	"slices"
	"strings"

	"kvist/kv"
)

// Scheme is the kind of store that an address names.
type Scheme string

// The schemes of addresses.
const (
	Consul   Scheme = "consul"
	Etcd     Scheme = "etcd" // the v3 API where it answers, else the v2 API
	EtcdV2   Scheme = "etcdv2"
	EtcdV3   Scheme = "etcdv3"
	ZK       Scheme = "zk"
	Embedded Scheme = "embedded" // the etcd inside this program
)

// store is what the program knows of a kind of store, besides how to speak to it: how addresses,
// the environment, help and explanations name it.
type store struct {
	scheme Scheme
	title  string // for people; "" if another row has it
	kind   string // in a list
	usage  string // an address, for the help
	note   string // that follows the usage
	also   string // what people write instead of the scheme; may be ""
	// ports are those of its servers, the default first; none for a store without servers. If rows
	// share a port, a server there is taken for the first of them.
	ports []string
	open  kv.Initialize // nil for a store without servers

	server string // what kv.Error.Server begins with; "" if another row has it
	called string // such a server, for people
	one    string // the same, with its article

	// environ reads the variables of the native client. port is the default.
	environ  func(e Environ, port string) (native, error)
	secrets  []string // the variables that hold secrets
	insecure string   // the variable that switches verification off
	// password reports whether a user without a password is a mistake.
	password bool
}

// stores are the kinds of stores. This table is all that the program, apart from package kv, has to
// know about one.
var stores = []store{
	{
		scheme: Consul, title: "Consul", kind: "Consul", usage: "consul://host:8500/prefix",
		ports: []string{"8500", "8501"}, open: kv.InitializeConsul,
		server: "consul", called: "Consul", one: "a Consul",
		environ: Environ.consul, secrets: []string{"CONSUL_HTTP_TOKEN", "CONSUL_HTTP_AUTH"},
		insecure: "CONSUL_HTTP_SSL_VERIFY",
	},
	{
		scheme: Etcd, title: "etcd (v2 and v3)", kind: "etcd", usage: "etcd://h1:2379,h2:2379/prefix", note: "the v3 API, else v2",
		ports: []string{"2379", "4001"}, open: kv.InitializeEtcdAny,
		environ: Environ.etcd, secrets: []string{"ETCDCTL_PASSWORD", "ETCDCTL_USER"}, // may be user:password
		insecure: "ETCDCTL_INSECURE_SKIP_TLS_VERIFY", password: true,
	},
	{
		scheme: EtcdV2, kind: "etcd v2", usage: "etcdv2://…", note: "that API alone",
		ports: []string{"2379"}, open: kv.InitializeEtcd,
		server: "etcd", called: "etcd v2", one: "an etcd",
		environ: Environ.etcd, password: true,
	},
	{
		scheme: EtcdV3, kind: "etcd v3", usage: "etcdv3://…", note: "that API alone",
		ports: []string{"2379"}, open: kv.InitializeEtcdV3,
		server: "etcdv3", called: "etcd", one: "an etcd v3",
		environ: Environ.etcd, password: true,
	},
	{
		scheme: ZK, title: "ZooKeeper", kind: "ZooKeeper", usage: "zk://h1:2181,h2:2181/path", also: "zookeeper",
		ports: []string{"2181", "2281"}, open: kv.InitializeZookeeper,
		server: "zookeeper", called: "ZooKeeper", one: "a ZooKeeper",
	},
	{
		scheme: Embedded, kind: "demo", usage: "embedded://", note: "its socket is yours alone: etcdctl --endpoints unix:///…",
	},
}

// store returns the row of a scheme, nil for an unknown scheme.
func (s Scheme) store() *store {
	i := slices.IndexFunc(stores, func(k store) bool { return k.scheme == s })
	if i < 0 {
		return nil
	}
	return &stores[i]
}

// Kind returns what a list calls the store.
func (s Scheme) Kind() string {
	if k := s.store(); k != nil {
		return k.kind
	}
	return ""
}

// port returns the port of an address without one; "" for a store without servers and for an
// unknown scheme.
func (s Scheme) port() string {
	if k := s.store(); k != nil && len(k.ports) > 0 {
		return k.ports[0]
	}
	return ""
}

// schemeAt returns the scheme of the servers that usually listen at a port.
func schemeAt(port string) (Scheme, bool) {
	i := slices.IndexFunc(stores, func(k store) bool { return slices.Contains(k.ports, port) })
	if i < 0 {
		return "", false
	}
	return stores[i].scheme, true
}

// Schemes returns the schemes of all kinds of stores.
func Schemes() []Scheme {
	var all []Scheme
	for _, k := range stores {
		all = append(all, k.scheme)
	}
	return all
}

// schemeNames returns the schemes as text.
func schemeNames() []string {
	var names []string
	for _, s := range Schemes() {
		names = append(names, string(s))
	}
	return names
}

// SchemeList returns the schemes in a sentence, such as "consul, etcd or zk".
func SchemeList(conjunction string) string { return inSentence(schemeNames(), conjunction) }

// Titles returns the names of the stores, for people, in a sentence.
func Titles() string {
	var titles []string
	for _, k := range stores {
		if k.title != "" {
			titles = append(titles, k.title)
		}
	}
	return inSentence(titles, "and")
}

// inSentence joins words by commas, and the last two by a conjunction.
func inSentence(words []string, conjunction string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}

// usages returns how an address is written for each kind of store, the first in full.
func usages() string {
	var forms []string
	for i, k := range stores {
		switch {
		case i == 0:
			forms = append(forms, string(k.scheme)+"://host:port/prefix")
		case k.open == nil:
			forms = append(forms, string(k.scheme)+"://")
		default:
			forms = append(forms, string(k.scheme)+"://…")
		}
	}
	return inSentence(forms, "or")
}

// titledAddresses returns servers behind the scheme of each store that has a title.
func titledAddresses(servers string) string {
	var addresses []string
	for _, k := range stores {
		if k.title != "" {
			addresses = append(addresses, string(k.scheme)+"://"+servers)
		}
	}
	return inSentence(addresses, "or")
}

// AddressHelp returns the addresses of all kinds of stores, one in a line, indented.
func AddressHelp() string {
	var b strings.Builder
	for _, k := range stores {
		b.WriteString(strings.TrimRight(fmt.Sprintf("  %-31s %s", k.usage, k.note), " ") + "\n")
	}
	return b.String()
}

// OneServer returns the kind of server that begins kv.Error.Server, with its article: "a ZooKeeper"
// for "zookeeper". It returns "" for an unknown one.
func OneServer(server string) string {
	for _, k := range stores {
		if k.server == server && server != "" {
			return k.one
		}
	}
	return ""
}

// ServerInWords returns kv.Error.Server as people call it: "ZooKeeper 10.0.0.1:2181" for
// "zookeeper 10.0.0.1:2181".
func ServerInWords(server string) string {
	backend, at, more := strings.Cut(server, " ")
	for _, k := range stores {
		switch {
		case k.server == "" || k.server != backend:
		case more:
			return k.called + " " + at
		default:
			return k.called
		}
	}
	return server
}

// UsualPorts returns the default ports in a sentence, such as "consul:// is usually 8500, zk://
// 2181".
func UsualPorts() string {
	var ports []string
	for _, k := range stores {
		if k.title == "" {
			continue
		}
		verb := " "
		if len(ports) == 0 {
			verb = " is usually "
		}
		ports = append(ports, string(k.scheme)+"://"+verb+k.scheme.port())
	}
	return strings.Join(ports, ", ")
}

// insecureVariables returns the variables of native clients that switch verification off.
func insecureVariables() string {
	var names []string
	for _, k := range stores {
		if k.insecure != "" {
			names = append(names, k.insecure)
		}
	}
	return strings.Join(names, ", ")
}
